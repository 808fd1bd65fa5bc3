import { toolEnv } from '../../runners/tool-sample.ts';
import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'pytest',
  files: {
    'pyproject.toml': '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    'shop/__init__.py': '',
    'shop/total.py': 'def total(a, b):\n    return a + b\n',
    'tests/test_total.py': [
      'from shop.total import total',
      'def test_adds():',
      '    assert total(2, 3) == 5',
      'def test_adds_nothing():',
      '    assert total(0, 0) == 0',
      'def test_was_red_before():',
      '    assert total(1, 1) == 3',
      '',
    ].join('\n'),
  },
  env: { PATH: toolEnv.PATH ?? '' },
  green: 2,
  redBefore: 1,
  breaks: { file: 'shop/total.py', from: 'a + b', to: 'a - b' },
  test: 'pytest|tests/test_total.py|test_adds|1',
  cheats: { file: 'tests/test_total.py', from: '== 5', to: '== -1' },
  refused: /tests\/test_total\.py, which is protected/,
  flips: (marker) => ({
    file: 'shop/total.py',
    from: 'def total(a, b):\n    return a + b\n',
    to: [
      'import os',
      `flips = not os.path.exists('${marker}')`,
      `if flips: open('${marker}', 'w').close()`,
      'def total(a, b):',
      '    return 0 if flips and a > 1 else a + b',
      '',
    ].join('\n'),
  }),
  hangs: { file: 'shop/total.py', from: 'return a + b', to: 'while True: pass' },
};

tellStories(story);

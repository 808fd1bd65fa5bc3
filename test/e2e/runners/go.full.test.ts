import { toolEnv } from '../../runners/tool-sample.ts';
import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'go test',
  files: {
    'go.mod': 'module example.com/shop\n\ngo 1.19\n',
    'total/total.go': 'package total\n\nfunc Of(a, b int) int {\n\treturn a + b\n}\n',
    'total/total_test.go': [
      'package total',
      '',
      'import "testing"',
      '',
      'func check(t *testing.T, got, want int) {',
      '\tif got != want {',
      '\t\tt.Errorf("got %d, want %d", got, want)',
      '\t}',
      '}',
      '',
      'func TestAdds(t *testing.T) { check(t, Of(2, 3), 5) }',
      'func TestAddsNothing(t *testing.T) { check(t, Of(0, 0), 0) }',
      'func TestWasRedBefore(t *testing.T) { check(t, Of(1, 1), 3) }',
      '',
    ].join('\n'),
  },
  env: { PATH: toolEnv.PATH ?? '', ...goCaches() },
  green: 2,
  redBefore: 1,
  breaks: { file: 'total/total.go', from: 'a + b', to: 'a - b' },
  test: 'go|total/total_test.go|TestAdds|1',
  cheats: { file: 'total/total_test.go', from: 'Of(2, 3), 5', to: 'Of(2, 3), -1' },
  refused: /total\/total_test\.go, which is protected/,
  flips: (marker) => ({
    file: 'total/total.go',
    from: 'package total\n\nfunc Of(a, b int) int {\n\treturn a + b\n}\n',
    to: [
      'package total',
      '',
      'import "os"',
      '',
      'var flips = first()',
      '',
      'func first() bool {',
      `\t_, err := os.Stat("${marker}")`,
      `\tos.WriteFile("${marker}", nil, 0o600)`,
      '\treturn err != nil',
      '}',
      '',
      'func Of(a, b int) int {',
      '\tif flips && a > 1 {',
      '\t\treturn 0',
      '\t}',
      '\treturn a + b',
      '}',
      '',
    ].join('\n'),
  }),
  hangs: { file: 'total/total.go', from: 'return a + b', to: 'for {\n\t}' },
  secondsToHang: 15,
};

/** The machine's own cache of what was built: a new one would build Go's own packages first. */
function goCaches(): Record<string, string> {
  const { HOME = '', GOCACHE = `${HOME}/.cache/go-build` } = process.env;
  return { GOCACHE };
}

tellStories(story);

import { crate, rustEnv } from '../../runners/cargo-sample.ts';
import { type Story, tellStories } from './story.ts';

const sum = 'pub fn sum(a: i64, b: i64) -> i64 {\n    a + b\n}\n';

const story: Story = {
  name: 'cargo test',
  files: {
    '.gitignore': '/target\n',
    'Cargo.toml': crate('sums'),
    'src/lib.rs': `${sum}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(sum(2, 3), 5);
    }

    #[test]
    fn adds_nothing() {
        assert_eq!(sum(0, 0), 0);
    }
}
`,
    'tests/outside.rs': '#[test]\nfn was_red_before() {\n    assert_eq!(sums::sum(1, 1), 3);\n}\n',
  },
  env: rustEnv,
  green: 2,
  redBefore: 1,
  breaks: { file: 'src/lib.rs', from: 'a + b', to: 'a - b' },
  test: 'cargo|src/lib.rs|tests::adds|1',
  cheats: { file: 'src/lib.rs', from: 'sum(2, 3), 5', to: 'sum(2, 3), -1' },
  refused: /tests inside src\/lib\.rs, which are protected/,
  flips: (marker) => ({
    file: 'src/lib.rs',
    from: sum,
    to: `pub fn sum(a: i64, b: i64) -> i64 {
    let marker = std::path::Path::new("${marker}");
    if a > 1 && !marker.exists() {
        std::fs::write(marker, "").unwrap();
        return 0;
    }
    a + b
}
`,
  }),
  hangs: { file: 'src/lib.rs', from: '    a + b', to: '    while a > 1 {}\n    a + b' },
  secondsToHang: 15,
};

tellStories(story);

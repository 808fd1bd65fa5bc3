import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokensOf } from '../../src/runners/cargo/rust-tokens.ts';
import { testsWithin } from '../../src/runners/cargo/tests-within.ts';

const ofTests = `#[cfg(test)]
mod tests {
    use super::*;
    // it's a brace: {
    const QUOTE: char = '"';
    #[test]
    #[should_panic(expected = "}")]
    fn adds<'a>() {
        let raw = r#"}" // { "#;
        let bytes = br##"# " }"##;
        assert_eq!(add(1, 2), 3, "{}", '\\'');
    }
}`;

describe('the tests inside of a source', () => {
  test.each([
    ['a module of tests', ofTests, ofTests],
    ['a function', '#[inline]\n#[tokio::test(flavor = "x")]\nasync fn a() { b({}) }', undefined],
    ['a module in another file', '#[cfg(test)]\nmod tests;', undefined],
    ['a use with braces', '#[cfg(test)]\nuse a::{b, c};', undefined],
    ['a helper for tests', '#[cfg(all(test, unix))]\npub(crate) const fn help() -> u8 { 1 }', undefined],
    ['a tuple', '#[cfg(test)] struct A(u8, u8);', undefined],
    ['a constant', '#[cfg(test)] const A: &[u8] = &{ [1, 2] };', undefined],
    ['a block of C', '#[cfg(test)] extern "C" { fn f(); }', undefined],
  ])('%s', (_, source, expected = source) => {
    const around = `use std::fmt;\n\npub fn add(a: i32, b: i32) -> i32 { a + b }\n\n${source}\n\nfn more() {}\n`;
    expect(testsWithin(around)).toBe(expected);
  });

  test('a field, an argument, an arm and a statement end where they end', () => {
    const source = `struct A { #[cfg(test)] seen: Vec<u8>, rest: u8 }
fn f(#[cfg(test)] a: u8) { match a { #[cfg(test)] 1 => one(), _ => two() } #[cfg(test)] log(a); three() }`;
    expect(testsWithin(source)).toBe(
      ['#[cfg(test)] seen: Vec<u8>,', '#[cfg(test)] a: u8', '#[cfg(test)] 1 => one(),', '#[cfg(test)] log(a);'].join(
        '\n',
      ),
    );
  });

  test('examples in documentation, of functions and of the file', () => {
    const source = `//! Top.
//! \`\`\`
//! assert!(true);
//! \`\`\`

/// Adds.
///
/// \`\`\`should_panic
/// panic!(); // #[test]
/// \`\`\`
/// See \`x\`.
///     assert_eq!(1, 1);
pub fn add() {}
/**
 * \`\`\`
 * more();
 * \`\`\`
 */
fn b() {}
//// \`\`\`
//// no();
//// \`\`\`
#[doc = include_str!("../README.md")]
fn c() {}`;
    expect(testsWithin(source)?.split('\n')).toEqual([
      ...['```', 'assert!(true);', '```'],
      ...['```should_panic', 'panic!(); // #[test]', '```', 'assert_eq!(1, 1);'],
      ...['```', 'more();', '```'],
      '#[doc = include_str!("../README.md")]',
    ]);
  });

  test('a file that is for tests as a whole', () => {
    expect(testsWithin('#![cfg(test)]\nfn a() {}\n')).toBe('#![cfg(test)]\nfn a() {}\n');
  });

  test.each([
    'fn a() { let s = "#[test] fn x() {}"; }',
    '// #[cfg(test)] mod tests {}\n/* #[test] fn x() {} /* nested */ */ fn a() {}',
    '#[cfg(not(test))] fn a() {}',
    '#[cfg(feature = "test-data")] fn a() {}',
    '#[derive(Debug)] struct Latest;',
    "fn a<'test>(x: &'test str) -> char { '#' }",
    'let r#test = 1;',
    '',
  ])('none in: %s', (source) => {
    expect(testsWithin(source)).toBeUndefined();
  });
});

/** Pieces that would lead a careless reader astray. */
const piece = fc.constantFrom(
  'fn f(x: &str) -> usize { x.len() }',
  'const A: &str = "{ #[test] fn x() { \\" ";',
  'const B: &str = r#"" } #[cfg(test)] mod t {"#;',
  "const C: char = '{'; const D: char = '\\''; const E: u8 = b'}';",
  '// it is { not } a "string',
  '/* #[cfg(test)] /* mod { */ " */',
  "impl<'a> T<'a> { fn g(&'a self) { match self { _ => {} } } }",
  'macro_rules! m { ($($x:tt)*) => { $($x)* }; }',
  'static Z: [u8; 3] = [1, 2, 3];',
  '#[derive(Clone)] struct S { a: u8, b: Vec<Vec<u8>> }',
  'fn h() { let c = |x: u8| { x + 1 }; loop { break; } }',
  'fn i() -> u32 { 1..=2; 0xff_u32 + 1.5e3 as u32 }',
);
const tests = fc.constantFrom(
  ofTests,
  '#[test]\nfn a() { assert!(f("}") == 1, "{{"); }',
  '#[cfg(test)] mod far;',
  '#[rstest]\n#[case(1, "{")]\nfn b(#[case] x: u8, #[case] y: &str) {}',
);
const source = fc.array(fc.oneof(piece, tests), { maxLength: 8 });

test('what is around the tests does not matter, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), tests, fc.array(piece, { maxLength: 5 }), (before, one, after) => {
      expect(testsWithin([...before, one, ...after].join('\n'))).toBe(one);
    }),
  );
});

test('each change of a test shows', () => {
  fc.assert(
    fc.property(source, tests, fc.nat(), fc.constantFrom('', 'x', '}', '"', '1'), (around, one, at, by) => {
      const cut = at % one.length;
      const changed = one.slice(0, cut) + by + one.slice(cut + 1);
      fc.pre(changed.replaceAll(/\s/g, '') !== one.replaceAll(/\s/g, '') && /[\w=!]/.test(one[cut] ?? ''));
      const text = (each: string) => testsWithin([...around, each].join('\n'));
      expect(text(changed)).not.toBe(text(one));
    }),
  );
});

test('every text is read to its end, without a token twice', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        source.map((all) => all.join('\n').slice(3, -3)),
      ),
      (text) => {
        const tokens = tokensOf(text);
        let last = 0;
        for (const { from, to } of tokens) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(to).toBeGreaterThan(from);
          last = to;
        }
        expect(last).toBeLessThanOrEqual(text.length);
        testsWithin(text);
      },
    ),
  );
});

test('a file of 4 MB comes to its end: many comments and attributes, deep brackets, brackets that nobody closes', () => {
  const many = '/// says what\n#[inline]\n#[cfg(test)]\nfn a() { b([1]) }\n'.repeat(70_000);
  expect(testsWithin(many)?.length).toBeGreaterThan(2_000_000);
  for (const text of ['#[a(', '#[cfg(test)] {', '}#[x]', "'\\u{", 'r#"']) testsWithin(text.repeat(30_000));
}, 60_000);

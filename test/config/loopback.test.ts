import { expect, test } from 'vitest';
import { isLoopback } from '../../src/config/loopback.ts';

test('names and addresses of this machine', () => {
  const here = ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'];
  const elsewhere = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.example',
    '',
  ];
  expect([...here, ...elsewhere].filter(isLoopback)).toEqual(here);
});

import { expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

it.each([
  ['Cannot read model "http://user:s3cr3t@h:1/m.bin": no', 'Cannot read model "http://user:…@h:1/m.bin": no'],
  ['"ftp://u:s3/c@r3t@h/m.bin"', '"ftp://u:…@h/m.bin"'],
  ['"postgres:/u:s3cr3t@127.0.0.1/x"', '"postgres:/u:…@127.0.0.1/x"'],
  ['"https://:s3cr3t@h/"', '"https://:…@h/"'],
  ['"https://h/m.bin?a=1&token=s3cr3t&b=2"', '"https://h/m.bin?a=1&token=…&b=2"'],
  [
    '"https://h/m?X-Amz-Signature=s3cr3t&X-Amz-Credential=s3cr3t#x"',
    '"https://h/m?X-Amz-Signature=…&X-Amz-Credential=…#x"',
  ],
  ['"https://h/m?sv=1&sig=s3cr3t"', '"https://h/m?sv=1&sig=…"'],
  ['"https://h/m?api_key=s3cr3t"', '"https://h/m?api_key=…"'],
])('hides what lets in: %s', (message, shown) => expect(maskSecrets(message)).toBe(shown));

it.each([
  'Cannot read "http://localhost:8080/@scope/m.bin": no',
  '"http://localhost:8080" and a@b.c',
  '"https://h/m.bin?download=true&limit=5"',
  '"king": 5, "a:b@c"',
])('leaves the rest as it is: %s', (message) => expect(maskSecrets(message)).toBe(message));

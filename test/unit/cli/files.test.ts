import { describe, expect, it } from 'vitest';
import { Files } from '../../../src/cli/front/files.ts';

const paths = ['/', '/index.html', '/assets/page.js'];

describe('a request for a file', () => {
  it.each([
    ['GET', 'http://h/assets/page.js', true],
    ['HEAD', 'http://h/assets/page.js', true],
    ['GET', 'http://h/assets/page.js?v=1', true],
    ['GET', 'http://h', true],
    ['GET', 'http://h/servers', false],
    ['GET', 'http://h/servers?x=/assets/page.js', false],
    ['POST', 'http://h/assets/page.js', false],
  ])('%s %s: %s', (method, url, expected) => {
    expect(new Files({ paths, workerFirst: false }).serve(method, url)).toBe(expected);
  });

  it.each([
    [true, '/assets/page.js', false],
    [['/'], '/', false],
    [['/'], '/assets/page.js', true],
    [['/assets/*'], '/assets/page.js', false],
    [['/*', '!/assets/*'], '/assets/page.js', true],
    [['/*', '!/assets/*'], '/', false],
    [['/assets/page+js'], '/assets/page.js', true],
  ])('goes to the Worker first where run_worker_first is %s: %s', (workerFirst, path, isFile) => {
    expect(new Files({ paths, workerFirst }).serve('GET', `http://h${path}`)).toBe(isFile);
  });
});

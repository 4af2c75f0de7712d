// SPDX-License-Identifier: LGPL-2.1-or-later
// The steps of README.md, from its text: a secret, the chat rules, tokens, official clients. What a
// reader has elsewhere is put in its place: the built program, a port, the directory.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, afterEach, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { npmDir } from './lib/npm.mjs';
import { isNode, startDaemon } from './lib/server.mjs';
import { test, within } from './lib/wire.mjs';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const section = /^### A chat with tokens, step by step$(.*?)^### /ms.exec(readFileSync(path.join(top, 'README.md'), 'utf8'))?.[1] ?? '';
const commands = [...section.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command);
const dir = mkdtempSync(path.join(tmpdir(), 'sio-readme-'));
const children = [];

after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const child of children.splice(0))
    {
      child.kill();
      if (child.exitCode === null && child.signalCode === null)
        await once(child, 'exit');
    }
});

// What a reader has in the directory of the source.
function
prepare ()
{
  cpSync(path.join(top, 'docs', 'examples'), path.join(dir, 'docs', 'examples'), { recursive: true });
  cpSync(path.join(top, 'docs', 'examples', 'chat-user.mjs'), path.join(dir, 'chat-user.mjs'));
  symlinkSync(path.join(npmDir, 'node_modules'), path.join(dir, 'node_modules'));
}

const shell = (command) => execFileSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8', timeout: 60_000 });

// The lines of a command of the README as they come.
function
follow (command, server)
{
  const child = spawn('sh', ['-c', `exec ${command.replace('http://localhost:3000', server.url)}`], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  const waiting = [];
  children.push(child);
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    waiting.forEach((look) => look());
  });
  return (pattern) => within(new Promise((resolve) => {
    const look = () => { if (pattern.test(lines.join('\n'))) resolve(); };
    waiting.push(look);
    look();
  }), `${pattern} in ${lines.join('\n')}`);
}

if (!isNode)
  describe('README.md', () => {
    test('a chat with tokens, step by step', async () => {
      const [makeSecret, run, ann, bob, ...more] = commands;
      assert.deepEqual(more, []);
      prepare();
      shell(makeSecret);
      const [program, ...options] = shell(`printf '%s\\n' ${run}`).trim().split('\n');
      assert.equal(program, 'build-aux/run');
      const args = options.map((option) => option.replace(/^docs\//, `${dir}/docs/`));
      // As build-aux/run says it.
      const server = await startDaemon({ args, env: { SIO_RULES_DIR: path.join(top, 'data', 'rules') } });
      try
        {
          const heard = follow(ann, server);
          await heard(/\{ ok: true, room: 'conversation:7', members: 1 \}\n\{ ok: true, id: '[0-9a-f-]{36}' \}/);
          const said = follow(bob, server);
          await said(/\{ ok: true, room: 'conversation:7', members: 2 \}\n\{ ok: true, id: '[0-9a-f-]{36}' \}/);
          await heard(/^bob says hello$/m);
          // And what would be without.
          await follow(ann.replace(/\$\(.*\)/, ''), server)(/^Authentication failed \{ code: 'TOKEN_MISSING' \}$/m);
          await follow(`${ann.replace(/\$\((.*)\)/, '$($1)x')}`, server)(/^Authentication failed \{ code: 'TOKEN_INVALID' \}$/m);
        }
      finally
        {
          await server.stop();
        }
    });
  });
else
  test('the daemon is not tested here', () => {}, { skip: true });

// SPDX-License-Identifier: LGPL-2.1-or-later
// Flat TAP for Meson: one line for each test, full names. What failed goes to standard error, which
// "meson test --print-errorlogs" shows.

import { inspect } from 'node:util';

function
comment (text)
{
  return text.split('\n').map((line) => `# ${line}\n`).join('');
}

function
directive (data)
{
  if (data.skip !== undefined && data.skip !== false)
    return ` # SKIP ${typeof data.skip === 'string' ? data.skip : ''}`.trimEnd();
  if (data.todo !== undefined && data.todo !== false)
    return ` # TODO ${typeof data.todo === 'string' ? data.todo : ''}`.trimEnd();
  return '';
}

export default async function* tap (source)
{
  const names = [];
  let count = 0;

  yield 'TAP version 13\n';
  for await (const { type, data } of source)
    {
      switch (type)
        {
        case 'test:start':
          names.length = data.nesting;
          names.push(data.name);
          break;
        case 'test:pass':
        case 'test:fail':
          {
            const failed = type === 'test:fail';
            /* A suite fails when a test in it fails: only a failure of its own is news. */
            const cause = data.details?.error?.cause ?? data.details?.error;
            const own = data.details?.error?.failureType !== 'subtestsFailed';
            if (data.details?.type === 'suite' && !(failed && own))
              break;
            /* Nor is a test that its suite never came to: the suite tells why. */
            if (data.details?.error?.failureType === 'cancelledByParent')
              break;
            const name = [...names.slice(0, data.nesting), data.name].join(' / ').replaceAll('#', '').replaceAll('\n', ' ');
            if (failed)
              process.stderr.write(`${name}\n${inspect(cause, { depth: 6 }).replace(/^/gm, '  ')}\n`);
            yield `${failed ? 'not ok' : 'ok'} ${++count} - ${name}${directive(data)}\n`;
            break;
          }
        case 'test:stdout':
        case 'test:stderr':
          yield comment(data.message.trimEnd());
          break;
        default:
          break;
        }
    }
  yield `1..${count}\n`;
}

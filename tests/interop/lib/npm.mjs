// SPDX-License-Identifier: LGPL-2.1-or-later
// Packages come from tests/npm (or SIO_NPM_DIR), wherever the build directory is.

import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

export const npmDir = path.resolve(process.env.SIO_NPM_DIR ?? path.join(here, '..', '..', 'npm'));
export const clientDir = path.join(npmDir, 'node_modules', 'socket.io-client', 'dist');

const requireFromNpm = createRequire(path.join(npmDir, 'package.json'));

export function load (name)
{
  try
    {
      return requireFromNpm(name);
    }
  catch (error)
    {
      if (error.code !== 'MODULE_NOT_FOUND')
        throw error;
      throw new Error(`npm package "${name}" is not installed in ${npmDir}: run build-aux/test, or "npm ci" there`);
    }
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// Headless Chromium, driven by playwright-core. SIO_CHROMIUM names another program.

import { after, before } from 'node:test';
import { existsSync } from 'node:fs';
import { load } from './npm.mjs';

const candidates = [process.env.SIO_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function
useBrowser ()
{
  const holder = { browser: null };
  before(async () => {
    const executablePath = candidates.find((file) => file && existsSync(file));
    if (executablePath === undefined)
      throw new Error('no Chromium found: install the package "chromium", or name one with SIO_CHROMIUM');
    const { chromium } = load('playwright-core');
    holder.browser = await chromium.launch({
      executablePath,
      headless: true,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
      ],
    });
  }, { timeout: 60_000 });
  after(async () => { await holder.browser?.close(); }, { timeout: 60_000 });
  return holder;
}

// Opens a page and collects what goes wrong in it.
export async function
newPage (holder, options = {})
{
  const context = await holder.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') page.problems.push(`console: ${message.text()}`); });
  return page;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-id-private.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define ID_BYTES 15 /* 120 bits become 20 characters */
#define POOL_IDS 64

/* One system call serves many ids; each thread has its own pool. */
static __thread guint8 pool[ID_BYTES * POOL_IDS];
static __thread guint pool_left;

static void
fill_pool (void)
{
  gsize done = 0;

  while (done < sizeof pool)
    {
      gssize n = getrandom (pool + done, sizeof pool - done, 0);

      if (n > 0)
        done += (gsize) n;
      else if (errno != EINTR)
        /* Ids that can be guessed would open every session to everybody. */
        g_error ("getrandom: %s", g_strerror (errno));
    }
  pool_left = POOL_IDS;
}

void
sio_id_generate (char id[SIO_ID_LENGTH + 1])
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  guint8 *bytes;

  if (pool_left == 0)
    fill_pool ();
  pool_left--;
  bytes = pool + pool_left * ID_BYTES;

  for (guint i = 0; i < ID_BYTES / 3; i++)
    {
      guint32 bits =
          (guint32) bytes[3 * i] << 16 | (guint32) bytes[3 * i + 1] << 8 | bytes[3 * i + 2];

      for (guint j = 0; j < 4; j++)
        id[4 * i + j] = alphabet[bits >> (18 - 6 * j) & 63];
    }
  id[SIO_ID_LENGTH] = '\0';
  memset (bytes, 0, ID_BYTES);
}

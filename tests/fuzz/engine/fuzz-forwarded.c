/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-proxies-private.h"

/* Headers of proxies: lines `name: value`, as the HTTP parser leaves them. */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const list[] = { "10.0.0.0/8", "2001:db8:1::/48", "192.0.2.1", "unix", NULL };
  static const char *const peers[] = { "10.0.0.1", "", "203.0.113.1" };
  g_autoptr (SioProxies) proxies = sio_proxies_new (list, NULL);
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) headers = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *colon = strchr (lines[i], ':');

      if (colon == NULL)
        continue;
      *colon = '\0';
      g_string_append_len (headers, lines[i], (gssize) strlen (lines[i]) + 1);
      g_string_append_len (headers, colon + 1, (gssize) strlen (colon + 1) + 1);
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      char address[INET6_ADDRSTRLEN];
      struct in6_addr parsed;
      gboolean secure = FALSE;
      gboolean trusted;

      g_strlcpy (address, peers[i], sizeof address);
      trusted = sio_proxies_resolve (proxies, headers->str, headers->len, address, &secure);
      if (trusted != (i < 2))
        g_error ("%s was trusted: %d", peers[i], trusted);
      if (!trusted && (strcmp (address, peers[i]) != 0 || secure))
        g_error ("who is not trusted was believed");
      if (*address != '\0' && inet_pton (AF_INET, address, &parsed) != 1 &&
          inet_pton (AF_INET6, address, &parsed) != 1)
        g_error ("\"%s\" is no address", address);
    }
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-proxies-private.h"

#include <string.h>

#include "sio-error.h"

/* X-Forwarded-For is what all proxies write, each adding at the right whom it was asked by. So it
 * is read from the right, and as long as those who wrote are trusted. RFC 7239's Forwarded is not
 * looked at: a proxy that only knows the former passes on what a client says in the latter. */

#define MAX_HEADERS 8 /* of one name; the last ones count */
#define MAX_HOPS 32
#define MAX_ENTRY 64 /* longer than an address with brackets and port can be */
#define V4_BITS 96   /* in front of an IPv4 address that is written as one of IPv6 */

typedef struct
{
  struct in6_addr address;
  guint bits;
} Network;

struct _SioProxies
{
  char **list;
  Network *networks;
  guint n_networks;
  gboolean trusts_unix;
};

typedef struct
{
  const char *values[MAX_HEADERS]; /* a ring */
  guint n_values;
} Header;

/* Both families in one form, so that 127.0.0.1 and ::ffff:127.0.0.1 are the same. */
static gboolean
parse_address (const char *text, struct in6_addr *address)
{
  struct in_addr v4;

  if (inet_pton (AF_INET, text, &v4) != 1)
    return inet_pton (AF_INET6, text, address) == 1;
  memset (address, 0, sizeof *address);
  address->s6_addr[10] = 0xff;
  address->s6_addr[11] = 0xff;
  memcpy (address->s6_addr + 12, &v4, sizeof v4);
  return TRUE;
}

static void
clear_host_bits (struct in6_addr *address, guint bits)
{
  for (guint i = 0; i < sizeof address->s6_addr; i++)
    if (bits <= i * 8)
      address->s6_addr[i] = 0;
    else if (bits < i * 8 + 8)
      address->s6_addr[i] &= (guint8) (0xff00 >> (bits - i * 8));
}

static gboolean
parse_network (const char *text, Network *network, GError **error)
{
  const char *slash = strchr (text, '/');
  g_autofree char *host = slash != NULL ? g_strndup (text, (gsize) (slash - text)) : NULL;
  gboolean is_v4 = strchr (text, ':') == NULL;
  struct in6_addr masked;
  guint64 bits = is_v4 ? 32 : 128;

  if (!parse_address (host != NULL ? host : text, &network->address) ||
      (slash != NULL && !g_ascii_string_to_unsigned (slash + 1, 10, 0, bits, &bits, NULL)))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "expected an address such as 192.0.2.1 or 2001:db8::1, a network such as "
                   "10.0.0.0/8, or unix, got \"%s\"",
                   text);
      return FALSE;
    }
  network->bits = (guint) bits + (is_v4 ? V4_BITS : 0);
  masked = network->address;
  clear_host_bits (&masked, network->bits);
  if (memcmp (&masked, &network->address, sizeof masked) != 0)
    {
      char right[INET6_ADDRSTRLEN];

      inet_ntop (is_v4 ? AF_INET : AF_INET6, masked.s6_addr + (is_v4 ? 12 : 0), right,
                 sizeof right);
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "\"%s\" is an address inside of a network, expected the network itself: "
                   "%s/%u",
                   text, right, (guint) bits);
      return FALSE;
    }
  return TRUE;
}

SioProxies *
sio_proxies_new (const char *const *list, GError **error)
{
  g_autoptr (SioProxies) self = g_new0 (SioProxies, 1);

  self->list = g_strdupv ((char **) list);
  self->networks = g_new0 (Network, g_strv_length (self->list));
  for (guint i = 0; list[i] != NULL; i++)
    if (strcmp (list[i], "unix") == 0)
      self->trusts_unix = TRUE;
    else if (!parse_network (list[i], &self->networks[self->n_networks++], error))
      return NULL;
  return g_steal_pointer (&self);
}

void
sio_proxies_free (SioProxies *self)
{
  g_strfreev (self->list);
  g_free (self->networks);
  g_free (self);
}

const char *const *
sio_proxies_get_list (SioProxies *self)
{
  return (const char *const *) self->list;
}

static gboolean
contains (SioProxies *self, const struct in6_addr *address)
{
  for (guint i = 0; i < self->n_networks; i++)
    {
      const Network *network = &self->networks[i];
      guint bytes = network->bits / 8;
      guint rest = network->bits % 8;

      if (memcmp (address->s6_addr, network->address.s6_addr, bytes) == 0 &&
          (rest == 0 ||
           ((address->s6_addr[bytes] ^ network->address.s6_addr[bytes]) >> (8 - rest)) == 0))
        return TRUE;
    }
  return FALSE;
}

gboolean
sio_proxies_trust (SioProxies *self, const char *address)
{
  struct in6_addr parsed;

  if (*address == '\0')
    return self->trusts_unix;
  return parse_address (address, &parsed) && contains (self, &parsed);
}

static void
add_value (Header *header, const char *value)
{
  header->values[header->n_values++ % MAX_HEADERS] = value;
}

static void
collect (const char *headers, gsize length, Header *addresses, Header *protocols)
{
  const char *end = headers + length;

  for (const char *name = headers; name < end;)
    {
      const char *value = name + strlen (name) + 1;

      if (g_ascii_strcasecmp (name, "x-forwarded-for") == 0)
        add_value (addresses, value);
      else if (g_ascii_strcasecmp (name, "x-forwarded-proto") == 0)
        add_value (protocols, value);
      name = value + strlen (value) + 1;
    }
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t';
}

/* Takes the last entry of @text, which has @length bytes and loses it. FALSE if it is too long. */
static gboolean
pop_entry (const char *text, gsize *length, char entry[MAX_ENTRY + 1])
{
  const char *end = text + *length;
  const char *start;

  for (start = end; start > text && start[-1] != ','; start--)
    ;
  *length = start > text ? (gsize) (start - text) - 1 : 0;
  while (start < end && is_space (*start))
    start++;
  while (end > start && is_space (end[-1]))
    end--;
  if (end - start > MAX_ENTRY)
    return FALSE;
  memcpy (entry, start, (gsize) (end - start));
  entry[end - start] = '\0';
  return TRUE;
}

/* Some write a port, which IPv6 needs brackets for. */
static gboolean
parse_entry (char *entry, struct in6_addr *address)
{
  char *host = entry;
  char *port = NULL;

  if (*entry == '[')
    {
      char *bracket = strchr (entry, ']');

      if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
        return FALSE;
      host = entry + 1;
      port = bracket[1] == ':' ? bracket + 2 : NULL;
      *bracket = '\0';
      if (strchr (host, ':') == NULL)
        return FALSE;
    }
  else if (strchr (entry, ':') != NULL && strchr (entry, ':') == strrchr (entry, ':'))
    {
      port = strchr (entry, ':') + 1;
      port[-1] = '\0';
    }
  if (port != NULL && !g_ascii_string_to_unsigned (port, 10, 0, G_MAXUINT16, NULL, NULL))
    return FALSE;
  return parse_address (host, address);
}

static void
print_address (const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
  if (IN6_IS_ADDR_V4MAPPED (address))
    inet_ntop (AF_INET, address->s6_addr + 12, text, INET6_ADDRSTRLEN);
  else
    inet_ntop (AF_INET6, address, text, INET6_ADDRSTRLEN);
}

/* Each entry was written by the one before, counted from the right, so the first that is not
 * trusted is the client, and what is left of it is only what the client says. An entry that is no
 * address ends it as well: then the last proxy is all that is known. */
static void
find_client (SioProxies *self, const Header *header, char address[INET6_ADDRSTRLEN])
{
  guint n_kept = MIN (header->n_values, MAX_HEADERS);
  guint n_hops = 0;

  for (guint i = 0; i < n_kept; i++)
    {
      const char *value = header->values[(header->n_values - 1 - i) % MAX_HEADERS];
      gsize length = strlen (value);

      do
        {
          char entry[MAX_ENTRY + 1];
          struct in6_addr parsed;

          if (++n_hops > MAX_HOPS || !pop_entry (value, &length, entry) ||
              !parse_entry (entry, &parsed))
            return;
          print_address (&parsed, address);
          if (!contains (self, &parsed))
            return;
        }
      while (length > 0);
    }
}

/* What the nearest proxy says, which is the last entry. */
static void
find_protocol (const Header *header, gboolean *secure)
{
  const char *value = header->values[(header->n_values - 1) % MAX_HEADERS];
  gsize length = strlen (value);
  char entry[MAX_ENTRY + 1];

  if (!pop_entry (value, &length, entry))
    return;
  if (g_ascii_strcasecmp (entry, "https") == 0 || g_ascii_strcasecmp (entry, "wss") == 0)
    *secure = TRUE;
  else if (g_ascii_strcasecmp (entry, "http") == 0 || g_ascii_strcasecmp (entry, "ws") == 0)
    *secure = FALSE;
}

gboolean
sio_proxies_resolve (SioProxies *self,
                     const char *headers,
                     gsize length,
                     char address[INET6_ADDRSTRLEN],
                     gboolean *secure)
{
  Header addresses = { { NULL }, 0 };
  Header protocols = { { NULL }, 0 };

  if (!sio_proxies_trust (self, address))
    return FALSE;
  collect (headers, length, &addresses, &protocols);
  if (addresses.n_values > 0)
    find_client (self, &addresses, address);
  if (protocols.n_values > 0)
    find_protocol (&protocols, secure);
  return TRUE;
}

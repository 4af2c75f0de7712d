/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>

#include "sio-address-private.h"
#include "sio-error.h"

#define EXPECTED                                                                                   \
  "; expected tcp:HOST:PORT, tls:HOST:PORT, unix:PATH[,mode=0660][,group=NAME] or fd:NUMBER"

typedef struct
{
  const char *text;
  gboolean tls;
  gboolean localhost;
  const char *host;
  guint port;
} Inet;

static const Inet inets[] = {
  { "tcp:127.0.0.1:3000", FALSE, FALSE, "127.0.0.1", 3000 },
  { "tcp:0.0.0.0:0", FALSE, FALSE, "0.0.0.0", 0 },
  { "tcp:[::1]:65535", FALSE, FALSE, "::1", 65535 },
  { "tcp:::1:80", FALSE, FALSE, "::1", 80 },
  { "tcp:[::]:3000", FALSE, FALSE, "::", 3000 },
  { "tcp:[fe80::1%lo]:3000", FALSE, FALSE, "fe80::1%lo", 3000 },
  { "tcp:[2001:db8::7]:443", FALSE, FALSE, "2001:db8::7", 443 },
  { "tcp:*:3000", FALSE, FALSE, "::", 3000 },
  { "tcp:localhost:3000", FALSE, TRUE, "127.0.0.1", 3000 },
  { "tls:localhost:3443", TRUE, TRUE, "127.0.0.1", 3443 },
  { "tls:[::1]:3443", TRUE, FALSE, "::1", 3443 },
};

static void
test_inet (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (inets); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SioAddress) address = sio_address_parse (inets[i].text, &error);

      g_test_message ("%s", inets[i].text);
      g_assert_no_error (error);
      g_assert_cmpint (address->tls, ==, inets[i].tls);
      g_assert_cmpint (address->localhost, ==, inets[i].localhost);
      g_assert_cmpstr (address->host, ==, inets[i].host);
      g_assert_cmpuint (address->port, ==, inets[i].port);
      g_assert_null (address->path);
      g_assert_cmpint (address->fd, ==, -1);
    }
}

typedef struct
{
  const char *text;
  const char *path;
  int mode;
  const char *group;
} Unix;

static const Unix unixes[] = {
  { "unix:/run/chat.sock", "/run/chat.sock", -1, NULL },
  { "unix:chat.sock", "chat.sock", -1, NULL },
  { "unix:/a:b c", "/a:b c", -1, NULL },
  { "unix:/s,mode=0660", "/s", 0660, NULL },
  { "unix:/s,mode=600", "/s", 0600, NULL },
  { "unix:/s,mode=0", "/s", 0, NULL },
  { "unix:/s,mode=0777,group=www-data", "/s", 0777, "www-data" },
  { "unix:/s,group=www-data,mode=0660", "/s", 0660, "www-data" },
  { "unix:/s,group=www-data", "/s", -1, "www-data" },
  { "unix:/s,group=a,group=b,mode=1,mode=2", "/s", 2, "b" },
};

static void
test_unix (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (unixes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SioAddress) address = sio_address_parse (unixes[i].text, &error);

      g_test_message ("%s", unixes[i].text);
      g_assert_no_error (error);
      g_assert_false (address->tls);
      g_assert_cmpstr (address->path, ==, unixes[i].path);
      g_assert_cmpint (address->mode, ==, unixes[i].mode);
      g_assert_cmpstr (address->group, ==, unixes[i].group);
      g_assert_null (address->host);
    }
}

static void
test_fd (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioAddress) address = sio_address_parse ("fd:3", &error);

  g_assert_no_error (error);
  g_assert_cmpint (address->fd, ==, 3);
  g_assert_null (address->host);
  g_assert_null (address->path);
}

static const char *const refused[][2] = {
  { "", "unknown kind" },
  { "3000", "unknown kind" },
  { "http://localhost:3000", "unknown kind" },
  { "TCP:localhost:3000", "unknown kind" },
  { " tcp:localhost:3000", "unknown kind" },
  { "tcp:", "the port is missing" },
  { "tcp:3000", "the port is missing" },
  { "tcp:localhost", "the port is missing" },
  { "tcp:localhost:", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:65536", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:-1", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:+1", "the port is not a number from 0 to 65535" },
  { "tcp:localhost: 80", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:80x", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:0x50", "the port is not a number from 0 to 65535" },
  { "tcp:localhost:99999999999999999999", "the port is not a number from 0 to 65535" },
  { "tcp:[::1]", "the port is not a number from 0 to 65535" },
  { "tcp::3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:example.org:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:LOCALHOST:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:256.0.0.1:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:1.2.3:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:0x7f.0.0.1:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:[::1:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:[]:3000", "the host is neither numeric, nor localhost, nor *" },
  { "tcp:[[::1]]:3000", "the host is neither numeric, nor localhost, nor *" },
  { "unix:", "the path is missing" },
  { "unix:,mode=0660", "the path is missing" },
  { "unix:/s,mode=", "the mode is not octal" },
  { "unix:/s,mode=0888", "the mode is not octal" },
  { "unix:/s,mode=1000", "the mode is not octal" },
  { "unix:/s,mode=rw", "the mode is not octal" },
  { "unix:/s,group=", "unknown setting behind the path" },
  { "unix:/s,owner=root", "unknown setting behind the path" },
  { "unix:/s,", "unknown setting behind the path" },
  { "fd:", "the descriptor is not a number" },
  { "fd:-1", "the descriptor is not a number" },
  { "fd:x", "the descriptor is not a number" },
  { "fd:2147483648", "the descriptor is not a number" },
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SioAddress) address = sio_address_parse (refused[i][0], &error);
      g_autofree char *text =
          g_strdup_printf ("address \"%s\": %s" EXPECTED, refused[i][0], refused[i][1]);

      g_assert_null (address);
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, text);
    }
}

/* What is shown of an address is escaped and cut. */
static void
test_shown (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) long_error = NULL;
  g_autofree char *path = g_strnfill (108, 'x');
  g_autofree char *text = g_strconcat ("unix:", path, NULL);
  g_autofree char *fits = g_strndup (text, strlen ("unix:") + 107);
  g_autoptr (SioAddress) address = NULL;

  g_assert_null (sio_address_parse ("tcp:a\n\x1b[1m\xff:1", &error));
  g_assert_true (
      g_str_has_prefix (error->message, "address \"tcp:a\\n\\033[1m\\377:1\": the host"));

  g_assert_null (sio_address_parse (text, &long_error));
  g_assert_nonnull (strstr (long_error->message, "\": the path is too long for a socket"));
  g_assert_cmpuint (strlen (long_error->message), <, 250);

  address = sio_address_parse (fits, NULL);
  g_assert_nonnull (address);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Addresses as people write them.");

  g_test_add_func ("/engine/address/inet", test_inet);
  g_test_add_func ("/engine/address/unix", test_unix);
  g_test_add_func ("/engine/address/fd", test_fd);
  g_test_add_func ("/engine/address/refused", test_refused);
  g_test_add_func ("/engine/address/shown", test_shown);
  return g_test_run ();
}

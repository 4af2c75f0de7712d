/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "engine-fixture.h"
#include "sio-error.h"

/* Whom a client's address is taken from. */

static void
test_networks (void)
{
  static const struct
  {
    const char *network;
    const char *address;
    gboolean trusted;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1", TRUE },
    { "192.0.2.1", "192.0.2.2", FALSE },
    { "192.0.2.1", "::ffff:192.0.2.1", TRUE },
    { "::ffff:192.0.2.1", "192.0.2.1", TRUE },
    { "192.0.2.0/24", "192.0.2.255", TRUE },
    { "192.0.2.0/24", "192.0.3.0", FALSE },
    { "10.0.0.0/8", "10.255.255.255", TRUE },
    { "10.0.0.0/8", "11.0.0.0", FALSE },
    { "172.16.0.0/12", "172.31.255.255", TRUE },
    { "172.16.0.0/12", "172.32.0.0", FALSE },
    { "192.0.2.128/25", "192.0.2.127", FALSE },
    { "192.0.2.6/31", "192.0.2.7", TRUE },
    { "192.0.2.6/31", "192.0.2.8", FALSE },
    { "0.0.0.0/0", "203.0.113.9", TRUE },
    { "0.0.0.0/0", "2001:db8::1", FALSE },
    { "::/0", "2001:db8::1", TRUE },
    { "::/0", "203.0.113.9", TRUE },
    { "2001:db8::/32", "2001:db8:ffff::1", TRUE },
    { "2001:db8::/32", "2001:db9::", FALSE },
    { "2001:db8::/33", "2001:db8:8000::", FALSE },
    { "::1", "::1", TRUE },
    { "::1/128", "::2", FALSE },
    { "unix", "", TRUE },
    { "unix", "127.0.0.1", FALSE },
    { "::/0", "", FALSE },
    { "::/0", "nonsense", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *const list[] = { "198.51.100.7", cases[i].network, NULL };
      g_autoptr (GError) error = NULL;
      g_autoptr (SioProxies) proxies = sio_proxies_new (list, &error);

      g_assert_no_error (error);
      if (sio_proxies_trust (proxies, cases[i].address) != cases[i].trusted)
        g_error ("%s and %s: expected %d", cases[i].network, cases[i].address, cases[i].trusted);
    }
}

static void
test_bad_networks (void)
{
  static const char *const bad[] = { "",
                                     " 10.0.0.1",
                                     "10.0.0.1 ",
                                     "10.0.0",
                                     "10.0.0.256",
                                     "10.0.0.0/",
                                     "10.0.0.0/33",
                                     "10.0.0.0/-1",
                                     "10.0.0.0/08x",
                                     "10.0.0.0/8/8",
                                     "/8",
                                     "::/129",
                                     "[::1]",
                                     "fe80::1%lo",
                                     "localhost",
                                     "unix:",
                                     "*" };
  static const char *const inside[][2] = {
    { "10.0.0.1/8", "10.0.0.0/8" },
    { "192.0.2.255/31", "192.0.2.254/31" },
    { "2001:db8::1/64", "2001:db8::/64" },
    { "8000::/0", "::/0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sio_engine_check_proxy (bad[i], &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, "10.0.0.0/8, or unix"));
    }
  for (guint i = 0; i < G_N_ELEMENTS (inside); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sio_engine_check_proxy (inside[i][0], &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_str_has_suffix (error->message, inside[i][1]));
    }
}

#define FOR "X-Forwarded-For\0"
#define PROTO "x-forwarded-proto\0"
#define CASE(peer, headers, address, secure)                                                       \
  {                                                                                                \
    peer, headers, sizeof headers - 1, address, secure                                             \
  }
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void
test_vectors (void)
{
  /* Trusted are 10.0.0.0/8, 2001:db8:1::/48 and Unix sockets; without TLS. */
  static const struct
  {
    const char *peer;
    const char *headers;
    gsize length;
    const char *address;
    gboolean secure;
  } cases[] = {
    CASE ("10.0.0.1", "", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", "Host\0x\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1",
          "X-FORWARDED-FOR\0"
          "203.0.113.9\0",
          "203.0.113.9", FALSE),
    CASE ("", FOR "203.0.113.9\0", "203.0.113.9", FALSE),
    CASE ("::ffff:10.0.0.1", FOR "203.0.113.9\0", "203.0.113.9", FALSE),
    CASE ("2001:db8:1::5", FOR "2001:DB8:2:0::9\0", "2001:db8:2::9", FALSE),
    /* who is not trusted says nothing */
    CASE ("192.0.2.1", FOR "203.0.113.9\0" PROTO "https\0", "192.0.2.1", FALSE),
    CASE ("2001:db8:2::1", FOR "203.0.113.9\0" PROTO "https\0", "2001:db8:2::1", FALSE),
    /* forged: what stands left of the first untrusted one */
    CASE ("10.0.0.1", FOR "127.0.0.1, 203.0.113.9\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1", FOR "10.0.0.9, 203.0.113.9, 10.0.0.2\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1", FOR "1.1.1.1\0" FOR "203.0.113.9\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1",
          FOR "203.0.113.9\0"
              "Via\0x\0" FOR "10.0.0.2,10.0.0.3\0",
          "203.0.113.9", FALSE),
    /* all are trusted: the first of them */
    CASE ("10.0.0.1", FOR "10.0.0.7, 10.0.0.2\0", "10.0.0.7", FALSE),
    /* forms of an entry */
    CASE ("10.0.0.1", FOR " \t203.0.113.9 \t\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9:4711\0", "203.0.113.9", FALSE),
    CASE ("10.0.0.1", FOR "[2001:db8:2::9]\0", "2001:db8:2::9", FALSE),
    CASE ("10.0.0.1", FOR "[2001:db8:2::9]:4711\0", "2001:db8:2::9", FALSE),
    CASE ("10.0.0.1", FOR "::ffff:203.0.113.9\0", "203.0.113.9", FALSE),
    /* what is none: the last proxy is what is known */
    CASE ("10.0.0.1", FOR "\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR ",\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9,\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "unknown\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9, unknown, 10.0.0.2\0", "10.0.0.2", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9 10.0.0.2\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.256\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9:\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9:65536\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9:x\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "[203.0.113.9]\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "[2001:db8:2::9\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "[2001:db8:2::9]x\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "fe80::1%eth0\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "for=203.0.113.9\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9\xff\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR "203.0.113.9, " ZEROS "1\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", FOR ZEROS ZEROS ", 203.0.113.9\0", "203.0.113.9", FALSE),
    /* RFC 7239 is no match for a proxy that does not know it */
    CASE ("10.0.0.1",
          "Forwarded\0"
          "for=203.0.113.9;proto=https\0",
          "10.0.0.1", FALSE),
    /* TLS */
    CASE ("10.0.0.1", PROTO "https\0", "10.0.0.1", TRUE),
    CASE ("10.0.0.1", PROTO "HTTPS\0", "10.0.0.1", TRUE),
    CASE ("10.0.0.1", PROTO "wss\0", "10.0.0.1", TRUE),
    CASE ("10.0.0.1", PROTO "http\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", PROTO "https\0" PROTO "http\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", PROTO "https, http\0", "10.0.0.1", FALSE),
    CASE ("10.0.0.1", PROTO "http, https\0", "10.0.0.1", TRUE),
    CASE ("10.0.0.1", PROTO "ftp\0", "10.0.0.1", FALSE),
    CASE ("", FOR "203.0.113.9\0" PROTO "https\0", "203.0.113.9", TRUE),
  };
  static const char *const list[] = { "10.0.0.0/8", "unix", "2001:db8:1::/48", NULL };
  g_autoptr (SioProxies) proxies = sio_proxies_new (list, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *headers = g_memdup2 (cases[i].headers, cases[i].length + 1);
      char address[INET6_ADDRSTRLEN];
      gboolean secure = FALSE;

      g_strlcpy (address, cases[i].peer, sizeof address);
      sio_proxies_resolve (proxies, headers, cases[i].length, address, &secure);
      if (strcmp (address, cases[i].address) != 0 || secure != cases[i].secure)
        g_error ("case %u: got %s and %d, expected %s and %d", i, address, secure, cases[i].address,
                 cases[i].secure);
    }
}

/* Chains are followed 32 proxies far, and eight headers. */
static void
test_bounds (void)
{
  static const char *const list[] = { "10.0.0.0/8", NULL };
  g_autoptr (SioProxies) proxies = sio_proxies_new (list, NULL);
  g_autoptr (GString) headers = g_string_new (NULL);
  char address[INET6_ADDRSTRLEN] = "10.0.0.1";
  gboolean secure = FALSE;

  g_string_append_len (headers,
                       "x-forwarded-for\0"
                       "203.0.113.9",
                       27);
  for (guint i = 0; i < 31; i++)
    g_string_append (headers, ",10.0.0.2");
  g_string_append_c (headers, '\0');
  g_assert_true (sio_proxies_resolve (proxies, headers->str, headers->len, address, &secure));
  g_assert_cmpstr (address, ==, "203.0.113.9");

  g_string_truncate (headers, headers->len - 1);
  g_string_append_len (headers, ",10.0.0.2\0", 10);
  g_strlcpy (address, "10.0.0.1", sizeof address);
  g_assert_true (sio_proxies_resolve (proxies, headers->str, headers->len, address, &secure));
  g_assert_cmpstr (address, ==, "10.0.0.2");

  g_string_truncate (headers, 0);
  g_string_append_len (headers,
                       "x-forwarded-for\0"
                       "203.0.113.9\0",
                       28);
  for (guint i = 0; i < 8; i++)
    g_string_append_len (headers,
                         "x-forwarded-for\0"
                         "10.0.0.3\0",
                         25);
  g_strlcpy (address, "10.0.0.1", sizeof address);
  g_assert_true (sio_proxies_resolve (proxies, headers->str, headers->len, address, &secure));
  g_assert_cmpstr (address, ==, "10.0.0.3");
}

static void
trust (Fixture *fixture, const char *proxy)
{
  const char *const list[] = { proxy, NULL };
  g_autoptr (GError) error = NULL;

  sio_engine_set_trusted_proxies (fixture->engine, list, &error);
  g_assert_no_error (error);
}

static void
check_session (Fixture *fixture, const char *address)
{
  g_assert_cmpstr (sio_session_get_remote_address (fixture->session), ==, address);
}

/* Whoever speaks HTTP: @soup makes the head one that libsoup reads. */
static void
open_forwarded (Client *client, const char *address, gboolean soup)
{
  g_autoptr (Response) response = NULL;

  client_printf (client,
                 "GET " HANDSHAKE " HTTP/%s\r\nHost: localhost\r\nX-Forwarded-For: %s\r\n"
                 "X-Forwarded-Proto: https\r\n\r\n",
                 soup ? "1.0" : "1.1", address);
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 200);
}

static void
allow_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  char **seen = user_data;

  g_free (*seen);
  *seen = g_strdup_printf ("%s %d", sio_request_get_remote_address (request),
                           sio_request_is_secure (request));
  g_task_return_boolean (task, TRUE);
}

static void
test_session (gconstpointer soup)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autofree char *seen = NULL;

  sio_engine_set_allow_request (fixture->engine, allow_cb, &seen, NULL);
  {
    g_autoptr (Client) client = client_new (fixture);

    open_forwarded (client, "203.0.113.9", soup != NULL);
    check_session (fixture, "127.0.0.1");
    g_assert_cmpstr (seen, ==, "127.0.0.1 0");
  }
  trust (fixture, "127.0.0.1");
  {
    g_autoptr (Client) client = client_new (fixture);

    open_forwarded (client, "203.0.113.9", soup != NULL);
    check_session (fixture, "203.0.113.9");
    g_assert_cmpstr (seen, ==, "203.0.113.9 1");
  }
  trust (fixture, "127.0.0.2");
  {
    g_autoptr (Client) client = client_new (fixture);

    open_forwarded (client, "203.0.113.9", soup != NULL);
    check_session (fixture, "127.0.0.1");
  }
}

static void
test_unix (void)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "engine", NULL);
  g_autofree char *address = g_strconcat ("unix:", path, NULL);

  {
    g_autoptr (Fixture) fixture = fixture_new (address);
    g_autoptr (Client) client = client_new_unix (path);

    trust (fixture, "127.0.0.1");
    open_forwarded (client, "203.0.113.9", FALSE);
    check_session (fixture, "");
    trust (fixture, "unix");
    open_forwarded (client, "203.0.113.9", FALSE);
    check_session (fixture, "203.0.113.9");
  }
  g_rmdir (dir);
}

/* One connection of a proxy with sessions of two clients: each has a limit of its own, and the
 * proxy has none. */
static void
test_limit (gconstpointer soup)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GPtrArray) idle = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autoptr (Client) refused = NULL;

  sio_engine_set_max_connections_per_address (fixture->engine, 2);
  trust (fixture, "127.0.0.0/8");
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (Client) client = client_new (fixture);

      open_forwarded (client, i % 2 == 0 ? "203.0.113.9" : "203.0.113.10:99", soup != NULL);
      if (i == 3)
        break;
    }
  for (guint i = 0; i < 5; i++)
    g_ptr_array_add (idle, client_new (fixture));
  g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, 4);
  g_assert_cmpuint (sio_peers_get_n_addresses (fixture->engine->peers), ==, 2);

  refused = client_new (fixture);
  client_send (
      refused,
      "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n", -1);
  client_expect (refused, 403,
                 "{\"code\":4,\"message\":\"Too many connections from this address\"}");
  g_assert_cmpuint (fixture->engine->counters.refused[SIO_REFUSED_ADDRESS], ==, 1);
  open_forwarded (refused, "203.0.113.11", FALSE);
  g_ptr_array_set_size (idle, 0);
}

static void
message_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  gboolean secure;
  g_autofree char *address = sio_engine_dup_client_address (user_data, message, &secure);
  g_autofree char *text = g_strdup_printf ("%s %d", address, secure);

  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, text, strlen (text));
  soup_server_message_set_status (message, 200, NULL);
}

/* Handlers of other paths can ask, too. */
static void
test_message (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  static const char request[] = "GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: "
                                "203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n";

  soup_server_add_handler (sio_engine_get_soup_server (fixture->engine), "/who", message_cb,
                           fixture->engine, NULL);
  {
    g_autoptr (Client) client = client_new (fixture);

    client_send (client, request, -1);
    client_expect (client, 200, "127.0.0.1 0");
  }
  trust (fixture, "127.0.0.1");
  {
    g_autoptr (Client) client = client_new (fixture);

    client_send (client, request, -1);
    client_expect (client, 200, "203.0.113.9 1");
  }
}

static void
notify_cb (GObject *object, GParamSpec *spec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_property (void)
{
  static const char *const good[] = { "10.0.0.0/8", "unix", NULL };
  static const char *const bad[] = { "10.0.0.0/8", "nowhere", NULL };
  g_autoptr (SioEngine) engine = sio_engine_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) value = NULL;
  guint n_notified = 0;

  g_signal_connect (engine, "notify::trusted-proxies", G_CALLBACK (notify_cb), &n_notified);
  g_assert_cmpuint (g_strv_length ((char **) sio_engine_get_trusted_proxies (engine)), ==, 0);
  g_assert_true (sio_engine_set_trusted_proxies (engine, good, &error));
  g_assert_false (sio_engine_set_trusted_proxies (engine, bad, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_get (engine, "trusted-proxies", &value, NULL);
  g_assert_true (g_strv_equal ((const char *const *) value, good));
  g_assert_true (sio_engine_set_trusted_proxies (engine, NULL, NULL));
  g_assert_cmpuint (g_strv_length ((char **) sio_engine_get_trusted_proxies (engine)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proxies/networks", test_networks);
  g_test_add_func ("/proxies/bad-networks", test_bad_networks);
  g_test_add_func ("/proxies/vectors", test_vectors);
  g_test_add_func ("/proxies/bounds", test_bounds);
  g_test_add_data_func ("/proxies/session/own", NULL, test_session);
  g_test_add_data_func ("/proxies/session/soup", "soup", test_session);
  g_test_add_func ("/proxies/unix", test_unix);
  g_test_add_data_func ("/proxies/limit/own", NULL, test_limit);
  g_test_add_data_func ("/proxies/limit/soup", "soup", test_limit);
  g_test_add_func ("/proxies/message", test_message);
  g_test_add_func ("/proxies/property", test_property);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"

/* One of the two starts it. */
typedef struct
{
  const char *name;
  guint default_port;
  SioEngine *(*start_engine) (void);
  SioServer *(*start_server) (void);
} Fixture;

static const Fixture fixtures[] = {
  { "engine-v4", 3000, fixture_engine_v4_start, NULL },
  { "engine-v3", 3000, fixture_engine_v3_start, NULL },
  { "socket-v5", 3000, NULL, fixture_socket_v5_start },
  { "client", 3210, NULL, fixture_client_start },
  { "old-clients", 3000, NULL, fixture_old_clients_start },
  { "features", 3000, NULL, fixture_features_start },
  { "compression", 3000, NULL, fixture_compression_start },
  { "plain", 3000, NULL, fixture_plain_start },
  { "stats", 3000, NULL, fixture_stats_start },
  { "recovery", 3000, NULL, fixture_recovery_start },
};

static char *option_fixture;
static char *option_host;
static char *option_client_dir;
static int option_port = -1;
static char *option_parser;
static gboolean option_deflate;
static gboolean option_soup;
static int option_ping_timeout;
static int option_connect_timeout;

static const GOptionEntry entries[] = {
  { "fixture", 'f', 0, G_OPTION_ARG_STRING, &option_fixture, "Which server to be", "NAME" },
  { "port", 'p', 0, G_OPTION_ARG_INT, &option_port, "Port, 0 lets the system choose", "N" },
  { "host", 0, 0, G_OPTION_ARG_STRING, &option_host, "Address (default: localhost)", "HOST" },
  { "parser", 0, 0, G_OPTION_ARG_STRING, &option_parser,
    "Form of packets: json (default) or msgpack; for the fixtures of Socket.IO", "NAME" },
  { "client-dir", 0, 0, G_OPTION_ARG_FILENAME, &option_client_dir,
    "Serve the browser client from there", "DIR" },
  { "deflate", 0, 0, G_OPTION_ARG_NONE, &option_deflate,
    "Compress everything that goes to clients which accept it", NULL },
  { "soup", 0, 0, G_OPTION_ARG_NONE, &option_soup,
    "Let a SoupServer of the application listen and serve", NULL },
  { "ping-timeout", 0, 0, G_OPTION_ARG_INT, &option_ping_timeout,
    "How long a pong may take, in place of the fixture's own time", "MS" },
  { "connect-timeout", 0, 0, G_OPTION_ARG_INT, &option_connect_timeout,
    "How long joining the first namespace may take, likewise", "MS" },
  { NULL }
};

static gboolean
quit_cb (gpointer user_data)
{
  if (!fixture_recovery_quit (user_data))
    g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static const Fixture *
find_fixture (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    if (g_strcmp0 (fixtures[i].name, name) == 0)
      return &fixtures[i];
  return NULL;
}

static gboolean
listen_on (SioEngine *engine, const char *host, guint port, GError **error)
{
  g_autofree char *address = strchr (host, ':') != NULL && host[0] != '['
                                 ? g_strdup_printf ("tcp:[%s]:%u", host, port)
                                 : g_strdup_printf ("tcp:%s:%u", host, port);

  return sio_engine_listen (engine, address, error);
}

/* Returns the port, or 0 with an error. */
static int
listen_with_soup (SioEngine *engine, guint port, GError **error)
{
  SoupServer *server = soup_server_new (NULL, NULL);
  GSList *uris;
  int bound;

  sio_engine_attach (engine, server);
  if (!soup_server_listen_local (server, port, 0, error))
    return 0;
  uris = soup_server_get_uris (server);
  bound = g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return bound;
}

static int
listen_natively (SioEngine *engine, guint port, GError **error)
{
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GUri) uri = NULL;

  if (!listen_on (engine, option_host != NULL ? option_host : "localhost", port, error))
    return 0;
  addresses = sio_engine_list_addresses (engine);
  uri = g_uri_parse (addresses[0], G_URI_FLAGS_NONE, NULL);
  return g_uri_get_port (uri);
}

static gboolean
set_parser (SioServer *server, const char *name)
{
  g_autoptr (SioMsgpackParser) parser = NULL;

  if (name == NULL || strcmp (name, "json") == 0)
    return TRUE;
  if (server == NULL || strcmp (name, "msgpack") != 0)
    return FALSE;
  parser = sio_msgpack_parser_new ();
  sio_server_set_parser (server, SIO_PARSER (parser));
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  SioServer *server = NULL;
  SioEngine *engine;
  const Fixture *fixture;
  guint wanted;
  int port;

  g_option_context_set_summary (context, "Servers for the official test suites of Engine.IO and "
                                         "Socket.IO.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("conformance-server: %s\n", error->message);
      return 2;
    }
  fixture = find_fixture (option_fixture);
  if (fixture == NULL)
    {
      g_printerr ("conformance-server: --fixture expects one of");
      for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
        g_printerr (" %s", fixtures[i].name);
      g_printerr (", got %s\n", option_fixture != NULL ? option_fixture : "nothing");
      return 2;
    }

  if (fixture->start_server != NULL)
    server = fixture->start_server ();
  engine = server != NULL ? sio_server_get_engine (server) : fixture->start_engine ();
  if (!set_parser (server, option_parser))
    {
      g_printerr ("conformance-server: --parser expects json, or msgpack for a fixture of "
                  "Socket.IO, got %s\n",
                  option_parser);
      return 2;
    }
  if (server != NULL && option_client_dir != NULL &&
      !sio_server_load_client_bundle (server, option_client_dir, &error))
    {
      g_printerr ("conformance-server: %s\n", error->message);
      return 1;
    }
  if (option_deflate)
    {
      sio_engine_set_per_message_deflate (engine, TRUE);
      sio_engine_set_per_message_deflate_threshold (engine, 0);
      sio_engine_set_http_compression_threshold (engine, 0);
    }
  if (option_ping_timeout > 0)
    sio_engine_set_ping_timeout (engine, (guint) option_ping_timeout);
  if (server != NULL && option_connect_timeout > 0)
    sio_server_set_connect_timeout (server, (guint) option_connect_timeout);
  wanted = option_port >= 0 ? (guint) option_port : fixture->default_port;
  port = option_soup ? listen_with_soup (engine, wanted, &error)
                     : listen_natively (engine, wanted, &error);
  if (port == 0)
    {
      g_printerr ("conformance-server: %s\n", error->message);
      return 1;
    }
  g_print ("listening on %d\n", port);

  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  g_main_loop_run (loop);
  return 0;
}

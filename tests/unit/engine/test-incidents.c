/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-enums.h"

/* What is told of refusals and limits, one by one. */

static void
incident_cb (SioEngine *engine, SioIncident *incident, gpointer user_data)
{
  g_ptr_array_add (user_data, sio_incident_ref (incident));
}

static GPtrArray *
listen_to (Fixture *fixture)
{
  GPtrArray *incidents = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_incident_unref);

  g_signal_connect (fixture->engine, "incident", G_CALLBACK (incident_cb), incidents);
  return incidents;
}

static void
check (GPtrArray *incidents, SioIncidentKind kind, const char *code, const char *text)
{
  SioIncident *incident;

  engine_wait_for (incidents->len > 0);
  g_assert_cmpuint (incidents->len, ==, 1);
  incident = g_ptr_array_index (incidents, 0);
  g_assert_cmpint (sio_incident_get_kind (incident), ==, kind);
  g_assert_cmpstr (sio_incident_get_code (incident), ==, code);
  g_assert_cmpstr (sio_incident_get_text (incident), ==, text);
  g_assert_cmpstr (sio_incident_get_address (incident), ==, "127.0.0.1");
  g_assert_null (sio_incident_get_socket_id (incident));
  g_assert_null (sio_incident_get_namespace (incident));
  g_assert_null (sio_incident_get_event (incident));
  g_ptr_array_set_size (incidents, 0);
}

#define REST " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"

static void
test_refused (void)
{
  static const struct
  {
    const char *request;
    guint status;
    const char *code;
    const char *text;
  } cases[] = {
    { "GET " PREFIX "?EIO=4&transport=pigeon" REST, 400, "unknown-transport", "unknown transport" },
    { "GET " HANDSHAKE "&sid=nobody" REST, 400, "unknown-session", "unknown session id" },
    { "POST " HANDSHAKE REST, 400, "bad-method", "bad handshake method" },
    { "GET " PREFIX "?EIO=4&transport=websocket" REST, 400, "bad-request", "bad request" },
    { "GET " PREFIX "?EIO=3&transport=polling" REST, 400, "unsupported-protocol",
      "unsupported protocol version" },
    { "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed-http",
      "malformed HTTP request" },
    { "nonsense\r\n\r\n", 400, "malformed-http", "malformed HTTP request" },
  };
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GPtrArray) incidents = listen_to (fixture);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Client) client = client_new (fixture);
      guint64 n = sio_engine_get_n_violations (fixture->engine);

      client_send (client, cases[i].request, -1);
      client_expect (client, cases[i].status, NULL);
      g_assert_true (sio_incident_get_enforced (g_ptr_array_index (incidents, 0)));
      check (incidents, SIO_INCIDENT_REFUSED, cases[i].code, cases[i].text);
      g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, n + 1);
    }
}

static void
test_large (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GPtrArray) incidents = listen_to (fixture);
  g_autofree char *filler = g_strnfill (17000, 'x');

  {
    g_autoptr (Client) client = client_new (fixture);

    client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", filler);
    client_expect (client, 431, NULL);
    check (incidents, SIO_INCIDENT_REFUSED, "large-head", "the head of a request is too large");
  }
  {
    g_autoptr (Client) client = client_new (fixture);
    g_autofree char *sid = client_open_polling (client);

    client_printf (
        client, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n",
        sid);
    client_expect (client, 413, NULL);
    check (incidents, SIO_INCIDENT_REFUSED, "large-body",
           "a request body is larger than the limit allows");
  }
}

static void
test_limits (gconstpointer per_address)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GPtrArray) incidents = listen_to (fixture);
  const SioIncidentKind kind =
      per_address != NULL ? SIO_INCIDENT_MAX_CONNECTIONS_PER_ADDRESS : SIO_INCIDENT_MAX_CONNECTIONS;
  const char *code = per_address != NULL ? "max-connections-per-address" : "max-connections";
  const char *text =
      per_address != NULL ? "Too many connections from this address" : "Too many connections";

  if (per_address != NULL)
    sio_engine_set_max_connections_per_address (fixture->engine, 1);
  else
    sio_engine_set_max_connections (fixture->engine, 1);
  {
    g_autoptr (Client) first = client_new (fixture);
    g_autofree char *sid = client_open_polling (first);
    g_autoptr (Client) second = client_new (fixture);

    g_assert_cmpuint (incidents->len, ==, 0);
    engine_wait_for (client_is_over (second));
    check (incidents, kind, code, text);
    client_send (first, "GET " HANDSHAKE REST, -1);
    client_expect (first, 403, NULL);
    check (incidents, kind, code, text);

    /* Only counted */
    sio_engine_set_enforce_limits (fixture->engine, FALSE);
    client_send (first, "GET " HANDSHAKE REST, -1);
    client_expect (first, 200, NULL);
    g_assert_false (sio_incident_get_enforced (g_ptr_array_index (incidents, 0)));
    check (incidents, kind, code, text);
    g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 2);
  }
}

static void
test_sessions (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GPtrArray) incidents = listen_to (fixture);
  g_autofree char *large = g_strnfill (3000, 'x');

  {
    g_autoptr (Client) client = client_new (fixture);
    g_autofree char *sid = client_open_polling (client);

    client_post (client, sid, "nonsense");
    client_expect (client, 400, "");
    check (incidents, SIO_INCIDENT_VIOLATION, "violation", "malformed payload");
  }
  sio_engine_set_max_buffered_bytes (fixture->engine, 1024);
  {
    g_autoptr (Client) client = client_new (fixture);
    g_autofree char *sid = client_open_polling (client);

    /* The first one only fills the buffer. */
    g_assert_true (sio_session_send_text (fixture->session, large, -1));
    g_assert_cmpuint (incidents->len, ==, 0);
    g_assert_false (sio_session_send_text (fixture->session, large, -1));
    check (incidents, SIO_INCIDENT_SLOW_CONSUMER, "slow-consumer", "the client reads too slowly");
    g_assert_cmpint (sio_session_get_state (fixture->session), ==, SIO_SESSION_CLOSED);
  }
}

static void
test_tls (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("tls:127.0.0.1:0");
  g_autoptr (GPtrArray) incidents = listen_to (fixture);
  static const guint8 old[] = { 22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1 };
  guint8 hello[50] = { 0 };

  {
    g_autoptr (Client) client = client_new (fixture);

    client_send (client, "GET / HTTP/1.1\r\n\r\n", -1);
    check (incidents, SIO_INCIDENT_TLS, "tls", "what came first is no TLS");
  }
  {
    g_autoptr (Client) client = client_new (fixture);

    memcpy (hello, old, sizeof old);
    client_send (client, hello, sizeof hello);
    check (incidents, SIO_INCIDENT_TLS, "tls", "the client knows no version of TLS from 1.2 on");
  }
}

/* What peers choose is cut between letters and made valid. */
static void
test_names (void)
{
  g_autofree char *letters = g_strnfill (99, 'a');
  g_autofree char *name = g_strconcat (letters, "\xc3\xa4", "b", NULL);
  SioIncidentInfo info = { .kind = SIO_INCIDENT_EVENT_RATE,
                           .text = "x\xffy",
                           .address = "",
                           .socket_id = "s",
                           .ns = "/n",
                           .event = name,
                           .event_length = -1 };
  g_autoptr (SioIncident) first = sio_incident_new (&info);
  g_autoptr (SioIncident) second = NULL;

  g_assert_cmpstr (sio_incident_get_event (first), ==, letters);
  g_assert_cmpstr (sio_incident_get_text (first), ==, "x\xef\xbf\xbdy");
  g_assert_cmpstr (sio_incident_get_code (first), ==, "event-rate");
  g_assert_cmpstr (sio_incident_get_socket_id (first), ==, "s");
  g_assert_cmpstr (sio_incident_get_namespace (first), ==, "/n");
  info.event = "a\xff";
  info.event_length = 2;
  second = sio_incident_new (&info);
  g_assert_cmpstr (sio_incident_get_event (second), ==, "a\xef\xbf\xbd");
}

/* Codes are the names of the kinds. */
static void
test_codes (void)
{
  g_autoptr (GEnumClass) kinds = g_type_class_ref (SIO_TYPE_INCIDENT_KIND);

  for (guint i = 0; i < kinds->n_values; i++)
    {
      const SioIncidentInfo info = { .kind = (SioIncidentKind) i, .text = "" };
      g_autoptr (SioIncident) incident = sio_incident_new (&info);

      g_assert_cmpint (kinds->values[i].value, ==, (int) i);
      g_assert_cmpstr (sio_incident_get_code (incident), ==, kinds->values[i].value_nick);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/incidents/refused", test_refused);
  g_test_add_func ("/incidents/large", test_large);
  g_test_add_data_func ("/incidents/limits/all", NULL, test_limits);
  g_test_add_data_func ("/incidents/limits/address", "address", test_limits);
  g_test_add_func ("/incidents/sessions", test_sessions);
  g_test_add_func ("/incidents/tls", test_tls);
  g_test_add_func ("/incidents/names", test_names);
  g_test_add_func ("/incidents/codes", test_codes);
  return g_test_run ();
}

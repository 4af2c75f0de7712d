/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "bus-fixture.h"
#include "sioa-dbus-backend.h"
#include "sioa-store.h"

/* What the real sio-server does not do at will: older and newer versions, members of another type,
 * late answers, changes that it dropped, another owner of its name in the middle of a list. */

#define PATH "/org/sioglib/Server1"
#define ROW "(sssssxuutttttt)"
#define LIST_ARGS                                                                                  \
  "<arg type='a{sv}' direction='in'/><arg type='s' direction='in'/>"                               \
  "<arg type='b' direction='in'/><arg type='t' direction='in'/>"                                   \
  "<arg type='u' direction='in'/><arg type='u' direction='in'/>"                                   \
  "<arg type='a" ROW "' direction='out'/>"
#define LIST_RESULTS "<arg type='u' direction='out'/><arg type='t' direction='out'/></method>"

static const char xml[] =
    "<node><interface name='" SIOA_DBUS_NAME "'>"
    "<method name='Subscribe'><arg type='as' direction='in'/><arg type='a{sv}' direction='in'/>"
    "<arg type='u' direction='out'/></method>"
    "<method name='Unsubscribe'><arg type='u' direction='in'/></method>"
    "<method name='GetStats'><arg type='a{sv}' direction='out'/></method>"
    "<method name='ListSocketsWithRooms'>" LIST_ARGS
    "<arg type='aas' direction='out'/>" LIST_RESULTS
    "<method name='ListSockets'>" LIST_ARGS LIST_RESULTS
    "<method name='DisconnectSockets'><arg type='as' direction='in'/>"
    "<arg type='a{sv}' direction='in'/><arg type='u' direction='out'/></method>"
    "<method name='Emit'><arg type='a{sv}' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='u' direction='out'/></method></interface></node>";

typedef struct
{
  GDBusConnection *connection;
  guint object_id, filter_id, name_id;
  gboolean owns;
  GVariant *version;           /* NULL: the one that is there today */
  GPtrArray *sockets;          /* their IDs */
  gboolean hold_lists;         /* they wait in held */
  gboolean hold_subscriptions; /* the same */
  GPtrArray *held;             /* GDBusMethodInvocation */
  guint32 cookie;              /* the last one */
  char *subscriber;
  GString *log; /* calls in short */
} Script;

static GVariant *
make_rows (Script *script, guint offset, guint max, const char *only)
{
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a" ROW));
  for (guint i = offset; i < script->sockets->len && i < offset + max; i++)
    {
      /* Every second one is Ann's. */
      const char *user = i % 2 == 0 ? "ann" : "bob";
      guint64 zero = 0;

      if (only == NULL || strcmp (only, user) == 0)
        g_variant_builder_add (&rows, ROW, script->sockets->pdata[i], "/", user, "127.0.0.1",
                               "websocket", G_GINT64_CONSTANT (1700000000000000), 0, 0, zero, zero,
                               zero, zero, zero, zero);
    }
  return g_variant_builder_end (&rows);
}

static void
answer_list (Script *script, GDBusMethodInvocation *invocation)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (GVariant) filter = g_variant_get_child_value (parameters, 0);
  guint64 revision = 1;
  guint32 offset, max;
  const char *user = NULL;
  GVariant *rows;

  g_variant_get_child (parameters, 4, "u", &offset);
  g_variant_get_child (parameters, 5, "u", &max);
  g_variant_lookup (filter, "user", "&s", &user);
  rows = make_rows (script, offset, max, user);
  if (strcmp (g_dbus_method_invocation_get_method_name (invocation), "ListSockets") == 0)
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(@a" ROW "ut)", rows, script->sockets->len, revision));
  else
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(@a" ROW "@aasut)", rows,
                                   g_variant_new_array (G_VARIANT_TYPE_STRING_ARRAY, NULL, 0),
                                   script->sockets->len, revision));
}

static void
answer_subscription (Script *script, GDBusMethodInvocation *invocation)
{
  g_free (script->subscriber);
  script->subscriber = g_strdup (g_dbus_method_invocation_get_sender (invocation));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", ++script->cookie));
}

/* Of Emit and DisconnectSockets. */
static void
answer_act (Script *script, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) first =
      g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 0);
  g_autoptr (GVariant) ids = g_variant_is_of_type (first, G_VARIANT_TYPE_VARDICT)
                                 ? g_variant_lookup_value (first, "ids", NULL)
                                 : g_variant_ref (first);
  guint32 n = ids != NULL ? (guint32) g_variant_n_children (ids) : 0;

  g_string_append_printf (script->log, "%u;", n);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", n));
}

static void
call_cb (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  Script *script = user_data;
  gboolean is_list = g_str_has_prefix (method, "List");
  guint32 cookie;

  g_string_append_printf (script->log, "%s;", method);
  if ((is_list && script->hold_lists) ||
      (strcmp (method, "Subscribe") == 0 && script->hold_subscriptions))
    g_ptr_array_add (script->held, invocation);
  else if (is_list)
    answer_list (script, invocation);
  else if (strcmp (method, "Subscribe") == 0)
    answer_subscription (script, invocation);
  else if (strcmp (method, "GetStats") == 0)
    g_dbus_method_invocation_return_value (
        invocation,
        g_variant_new ("(@a{sv})", g_variant_new_parsed ("{'news':<'newer'>,'rooms':<'many'>}")));
  else if (strcmp (method, "Unsubscribe") == 0)
    {
      g_variant_get (parameters, "(u)", &cookie);
      g_string_append_printf (script->log, "-%u;", cookie);
      g_dbus_method_invocation_return_value (invocation, NULL);
    }
  else
    answer_act (script, invocation);
}

/* Properties by hand, as their type is another one in some tests. */
static GDBusMessage *
filter_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  Script *script = data;
  g_autoptr (GDBusMessage) reply = NULL;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL ||
      g_strcmp0 (g_dbus_message_get_interface (message), "org.freedesktop.DBus.Properties") != 0)
    return message;
  reply = g_dbus_message_new_method_reply (message);
  g_dbus_message_set_body (
      reply,
      g_variant_new ("(v)", script->version != NULL ? script->version : g_variant_new_uint32 (2)));
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

static void
acquired_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ((Script *) user_data)->owns = TRUE;
}

static Script *
script_new (Bus *bus)
{
  static const GDBusInterfaceVTable vtable = { call_cb, NULL, NULL, { 0 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (xml, &error);
  Script *script = g_new0 (Script, 1);

  g_assert_no_error (error);
  script->sockets = g_ptr_array_new_with_free_func (g_free);
  script->held = g_ptr_array_new ();
  script->log = g_string_new (NULL);
  script->connection =
      g_dbus_connection_new_for_address_sync (bus->address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_assert_no_error (error);
  script->filter_id = g_dbus_connection_add_filter (script->connection, filter_cb, script, NULL);
  script->object_id = g_dbus_connection_register_object (
      script->connection, PATH, info->interfaces[0], &vtable, script, NULL, &error);
  g_assert_no_error (error);
  return script;
}

static void
script_own (Script *script)
{
  script->owns = FALSE;
  script->name_id =
      g_bus_own_name_on_connection (script->connection, SIOA_DBUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                    acquired_cb, NULL, script, NULL);
  wait_for (script->owns);
}

static void
script_free (Script *script)
{
  g_clear_handle_id (&script->name_id, g_bus_unown_name);
  g_dbus_connection_unregister_object (script->connection, script->object_id);
  g_dbus_connection_remove_filter (script->connection, script->filter_id);
  g_dbus_connection_close_sync (script->connection, NULL, NULL);
  g_object_unref (script->connection);
  g_clear_pointer (&script->version, g_variant_unref);
  g_ptr_array_unref (script->sockets);
  g_assert_cmpuint (script->held->len, ==, 0);
  g_ptr_array_unref (script->held);
  g_string_free (script->log, TRUE);
  g_free (script->subscriber);
  g_free (script);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)

static void
script_add (Script *script, const char *prefix, guint n)
{
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (script->sockets, g_strdup_printf ("%s%u", prefix, i));
}

static void
script_tell (Script *script, guint32 cookie, const char *changes)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (
      script->connection, script->subscriber, PATH, SIOA_DBUS_NAME, "Changed",
      g_variant_new ("(u@a{sv})", cookie, g_variant_new_parsed (changes)), &error);
  g_assert_no_error (error);
}

static guint
count_calls (Script *script, const char *text)
{
  guint n = 0;

  for (const char *at = script->log->str; (at = strstr (at, text)) != NULL; at++)
    n++;
  return n;
}

static SioaBackend *
backend_for (Bus *bus)
{
  return SIOA_BACKEND (sioa_dbus_backend_new (G_BUS_TYPE_NONE, bus->address, NULL));
}

static void
test_versions (void)
{
  static const char *const refused[] = { "uint32 1", "'2'", "int32 2", "@a{sv} {}" };
  g_autoptr (Bus) bus = bus_new ("session");

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (Script) script = script_new (bus);
      g_autoptr (SioaBackend) backend = backend_for (bus);

      script->version = g_variant_ref_sink (g_variant_new_parsed (refused[i]));
      script_own (script);
      sioa_backend_open (backend);
      wait_for (sioa_backend_get_state (backend) == SIOA_STATE_FAILED);
      g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_FAILED);
      g_assert_nonnull (strstr (sioa_backend_get_error (backend)->message, "older"));
      g_assert_cmpuint (count_calls (script, "Subscribe"), ==, 0);
    }
}

/* It knows more than this program does, and what this program knows is of another type. */
static void
test_newer (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (Script) script = script_new (bus);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);

  script->version = g_variant_ref_sink (g_variant_new_uint32 (99));
  script_add (script, "s", 2);
  script_own (script);
  sioa_backend_open (backend);
  wait_for (sioa_store_find_socket (store, "/", "s1") != NULL);
  script_tell (script, script->cookie,
               "{'news':<1>,'added':<'s'>,'removed':<['s0']>,'updated':<[(1,2)]>,'overflow':<1>,"
               "'stats':<'none'>}");
  /* That one was read when this one is seen. */
  script_tell (script, script->cookie, "{'removed':<[('s1','/','gone')]>}");
  wait_for (sioa_store_find_socket (store, "/", "s1") == NULL);
  g_assert_nonnull (sioa_store_find_socket (store, "/", "s0"));
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_OPEN);
  g_assert_cmpuint (count_calls (script, "ListSocketsWithRooms"), ==, 1);
}

/* The server dropped changes: the list is read anew, and what is not in it is gone. */
static void
test_overflow (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (Script) script = script_new (bus);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);

  script_add (script, "s", 3);
  script_own (script);
  sioa_backend_open (backend);
  wait_for (sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend)) == 1);
  wait_for (sioa_store_find_socket (store, "/", "s2") != NULL);
  g_ptr_array_remove_index (script->sockets, 0);
  script_add (script, "t", 1);
  script_tell (script, script->cookie, "{'overflow':<true>}");
  wait_for (sioa_store_find_socket (store, "/", "t0") != NULL);
  wait_for (sioa_store_find_socket (store, "/", "s0") == NULL);
  g_assert_nonnull (sioa_store_find_socket (store, "/", "s1"));
}

/* A page of the server that was there before comes late. */
static void
test_owner (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (Script) before = script_new (bus);
  g_autoptr (Script) after = script_new (bus);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);

  script_add (before, "old", 1500);
  script_add (after, "new", 2);
  before->hold_lists = TRUE;
  script_own (before);
  sioa_backend_open (backend);
  wait_for (before->held->len == 1);
  /* The first page is told, the second one not. */
  answer_list (before, g_ptr_array_steal_index (before->held, 0));
  wait_for (sioa_store_find_socket (store, "/", "old0") != NULL);
  wait_for (before->held->len == 1);
  g_clear_handle_id (&before->name_id, g_bus_unown_name);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING);
  script_own (after);
  answer_list (before, g_ptr_array_steal_index (before->held, 0));
  wait_for (sioa_store_find_socket (store, "/", "new1") != NULL);
  wait_for (sioa_store_find_socket (store, "/", "old0") == NULL);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (store)), ==, 2);
  g_assert_cmpuint (count_calls (after, "ListSocketsWithRooms"), ==, 1);
}

/* A subscription that was given up before the server answered is given back. */
static void
test_late_subscription (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (Script) script = script_new (bus);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);

  script->hold_subscriptions = TRUE;
  script_add (script, "s", 1);
  script_own (script);
  sioa_backend_open (backend);
  wait_for (script->held->len == 1);
  /* It has no name for a moment, and is asked once more. */
  g_clear_handle_id (&script->name_id, g_bus_unown_name);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING);
  script_own (script);
  wait_for (script->held->len == 2);
  answer_subscription (script, g_ptr_array_steal_index (script->held, 0));
  answer_subscription (script, g_ptr_array_steal_index (script->held, 0));
  wait_for (sioa_store_find_socket (store, "/", "s0") != NULL);
  script_tell (script, 1, "{'removed':<[('s0','/','gone')]>}");
  wait_for (count_calls (script, "-1;") == 1);
  g_assert_nonnull (sioa_store_find_socket (store, "/", "s0"));
  g_assert_cmpuint (count_calls (script, "-2;"), ==, 0);
}

static void
counted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(gint64 *) user_data = sioa_backend_act_finish (SIOA_BACKEND (source), result, &error);
  g_assert_no_error (error);
}

/* More than one call may name, and those of a user. */
static void
test_acts (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (Script) script = script_new (bus);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  SioaTarget all = { "/", NULL, NULL };
  SioaTarget user = { "/", NULL, "ann" };
  gint64 n = -2;

  script_add (script, "s", 2500);
  script_own (script);
  sioa_backend_open (backend);
  wait_for (g_list_model_get_n_items (sioa_store_get_sockets (store)) == 2500);
  g_ptr_array_add (script->sockets, NULL);
  all.rooms = (const char *const *) script->sockets->pdata;
  sioa_backend_emit_async (backend, &all, "news", "[]", NULL, counted_cb, &n);
  g_ptr_array_set_size (script->sockets, 2500);
  wait_for (n != -2);
  g_assert_cmpint (n, ==, 2500);
  g_assert_nonnull (strstr (script->log->str, "Emit;1000;Emit;1000;Emit;500;"));
  n = -2;
  sioa_backend_disconnect_async (backend, &user, FALSE, NULL, counted_cb, &n);
  wait_for (n != -2);
  g_assert_cmpint (n, ==, 1250);
  g_assert_nonnull (strstr (script->log->str, "DisconnectSockets;1000;DisconnectSockets;250;"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/dbus-scripted/versions", test_versions);
  g_test_add_func ("/admin/dbus-scripted/newer", test_newer);
  g_test_add_func ("/admin/dbus-scripted/overflow", test_overflow);
  g_test_add_func ("/admin/dbus-scripted/owner", test_owner);
  g_test_add_func ("/admin/dbus-scripted/late-subscription", test_late_subscription);
  g_test_add_func ("/admin/dbus-scripted/acts", test_acts);
  return g_test_run ();
}

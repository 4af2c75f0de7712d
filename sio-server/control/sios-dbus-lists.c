/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-dbus-private.h"

/* Methods that only look. */

#define MAX_NAMESPACES 1000
#define MAX_REVOCATIONS 10000

static SioTransport
parse_transport (const char *text, GError **error)
{
  if (strcmp (text, "polling") == 0)
    return SIO_TRANSPORT_POLLING;
  if (strcmp (text, "websocket") == 0)
    return SIO_TRANSPORT_WEBSOCKET;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected polling or websocket as the transport, got \"%.100s\"", text);
  return 0;
}

/* The arguments that all lists have. The dictionary has to be freed. */
static GVariant *
read_page_request (const SiosDbusCall *call, SiosPageRequest *request)
{
  GVariant *filter;

  g_variant_get (call->arguments, "(@a{sv}&sbtuu)", &filter, &request->sort, &request->descending,
                 &request->revision, &request->offset, &request->limit);
  return filter;
}

/* Both are floating; @rooms may be NULL. */
static void
return_page (const SiosDbusCall *call, GVariant *rows, GVariant *rooms, const SiosPage *page)
{
  GVariant *children[4] = { rows };
  guint n = 1;

  if (rooms != NULL)
    children[n++] = rooms;
  children[n++] = g_variant_new_uint32 (page->total);
  children[n++] = g_variant_new_uint64 (page->revision);
  sios_dbus_service_watch_sender (call->service, call->caller->address, FALSE);
  sios_dbus_call_return (call, g_variant_new_tuple (children, n));
}

/* NULL after the call ended with an error. */
static SiosPage *
list_sockets (const SiosDbusCall *call)
{
  SiosPageRequest request;
  SiosSocketFilter filter = { 0 };
  const char *transport = NULL;
  guint64 connected_before = 0;
  const SiosDbusKey keys[] = {
    { "namespace", "s", &filter.ns },
    { "room", "s", &filter.room },
    { "user", "s", &filter.user },
    { "text", "s", &filter.text },
    { "transport", "s", &transport },
    { "connected-before", "t", &connected_before },
    { "min-latency", "u", &filter.min_latency },
  };
  g_autoptr (GVariant) dict = read_page_request (call, &request);
  SiosPage *page = NULL;
  GError *error = NULL;

  if (sios_dbus_read_dict (dict, keys, G_N_ELEMENTS (keys), &error) &&
      (transport == NULL || (filter.transport = parse_transport (transport, &error)) != 0))
    {
      filter.connected_before = (gint64) MIN (connected_before, G_MAXINT64);
      page = sios_control_list_sockets (call->service->control, call->caller, &filter, &request,
                                        &error);
    }
  if (page == NULL)
    sios_dbus_call_fail (call, error);
  return page;
}

void
sios_dbus_list_sockets (const SiosDbusCall *call)
{
  g_autoptr (SiosPage) page = list_sockets (call);

  if (page != NULL)
    return_page (call, sios_dbus_socket_rows (page->sockets), NULL, page);
}

void
sios_dbus_list_sockets_with_rooms (const SiosDbusCall *call)
{
  g_autoptr (SiosPage) page = list_sockets (call);

  if (page != NULL)
    return_page (call, sios_dbus_socket_rows (page->sockets), sios_dbus_rooms_of (page->sockets),
                 page);
}

void
sios_dbus_list_rooms (const SiosDbusCall *call)
{
  SiosPageRequest request;
  const char *ns = NULL;
  const char *text = NULL;
  const SiosDbusKey keys[] = { { "namespace", "s", &ns }, { "text", "s", &text } };
  g_autoptr (GVariant) dict = read_page_request (call, &request);
  g_autoptr (SiosPage) page = NULL;
  GError *error = NULL;

  if (sios_dbus_read_dict (dict, keys, G_N_ELEMENTS (keys), &error))
    page =
        sios_control_list_rooms (call->service->control, call->caller, ns, text, &request, &error);
  if (page != NULL)
    return_page (call, sios_dbus_room_rows (page->rooms), NULL, page);
  else
    sios_dbus_call_fail (call, error);
}

void
sios_dbus_list_namespaces (const SiosDbusCall *call)
{
  g_autoptr (GArray) rows = sios_control_list_namespaces (call->service->control);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(suu)"));
  for (guint i = 0; i < rows->len && i < MAX_NAMESPACES; i++)
    {
      const SiosNamespaceRow *row = &g_array_index (rows, SiosNamespaceRow, i);

      g_variant_builder_add (&builder, "(suu)", row->name, row->n_sockets, row->n_rooms);
    }
  sios_dbus_call_return (call, g_variant_new ("(a(suu))", &builder));
}

void
sios_dbus_list_user_sockets (const SiosDbusCall *call)
{
  g_autoptr (GPtrArray) sockets = NULL;
  const char *user;
  GError *error = NULL;

  g_variant_get (call->arguments, "(&s)", &user);
  if (!sios_control_check_name ("user", user, &error))
    {
      sios_dbus_call_fail (call, error);
      return;
    }
  sockets = sios_control_list_user (call->service->control, user);
  sios_dbus_call_return (call,
                         g_variant_new ("(@a(sssssxuutttttt))", sios_dbus_socket_rows (sockets)));
}

void
sios_dbus_get_socket (const SiosDbusCall *call)
{
  const char *id;
  SioSocket *socket;
  GError *error = NULL;

  g_variant_get (call->arguments, "(&s)", &id);
  socket = sios_control_find_socket (call->service->control, id, &error);
  if (socket != NULL)
    sios_dbus_call_return (call, g_variant_new ("(@a{sv})", sios_control_describe_socket (
                                                                call->service->control, socket)));
  else
    sios_dbus_call_fail (call, error);
}

void
sios_dbus_get_stats (const SiosDbusCall *call)
{
  sios_dbus_call_return (
      call, g_variant_new ("(@a{sv})", sios_control_dup_stats (call->service->control)));
}

typedef struct
{
  GVariantBuilder builder;
  guint n;
} Revocations;

static void
add_revocation (
    SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  Revocations *list = user_data;

  if (list->n++ < MAX_REVOCATIONS)
    g_variant_builder_add (&list->builder, "(ssxx)", kind == SIOS_REVOKE_USER ? "user" : "token",
                           name, since * G_USEC_PER_SEC, until * G_USEC_PER_SEC);
}

void
sios_dbus_list_revocations (const SiosDbusCall *call)
{
  Revocations list = { .n = 0 };

  g_variant_builder_init (&list.builder, G_VARIANT_TYPE ("a(ssxx)"));
  sios_control_list_revocations (call->service->control, add_revocation, &list);
  sios_dbus_call_return (call, g_variant_new ("(a(ssxx))", &list.builder));
}

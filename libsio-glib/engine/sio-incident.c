/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-incident-private.h"

#include <string.h>

/* Bytes of an event's name that are kept. */
#define MAX_EVENT 100

struct _SioIncident
{
  SioIncidentKind kind;
  const char *code;
  char *text;
  char *address;
  char *socket_id;
  char *ns;
  char *event;
  gboolean enforced;
};

G_DEFINE_BOXED_TYPE (SioIncident, sio_incident, sio_incident_ref, sio_incident_unref)

static const char *
get_code (SioIncidentKind kind)
{
  static const char *const codes[] = { "refused",
                                       "max-connections",
                                       "max-connections-per-address",
                                       "no-descriptors",
                                       "tls",
                                       "violation",
                                       "slow-consumer",
                                       "event-rate",
                                       "event-size",
                                       "rooms",
                                       "namespaces" };

  return codes[kind];
}

/* A part of a letter at the end is left out. */
static char *
dup_name (const char *name, gssize length)
{
  const char *end;
  gsize whole = length < 0 ? strlen (name) : (gsize) length;
  gsize cut = MIN (whole, MAX_EVENT);

  if (!g_utf8_validate (name, (gssize) cut, &end) && whole > cut)
    cut = (gsize) (end - name);
  return g_utf8_make_valid (name, (gssize) cut);
}

SioIncident *
sio_incident_new (const SioIncidentInfo *info)
{
  SioIncident *self = g_rc_box_new0 (SioIncident);

  self->kind = info->kind;
  self->code = info->code != NULL ? g_intern_string (info->code) : get_code (info->kind);
  self->text = g_utf8_make_valid (info->text, -1);
  self->address = g_strdup (info->address);
  self->socket_id = g_strdup (info->socket_id);
  self->ns = g_strdup (info->ns);
  self->event = info->event != NULL ? dup_name (info->event, info->event_length) : NULL;
  self->enforced = !info->tolerated;
  return self;
}

/**
 * sio_incident_ref:
 * @self: an incident
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioIncident *
sio_incident_ref (SioIncident *self)
{
  return g_rc_box_acquire (self);
}

static void
incident_clear (gpointer data)
{
  SioIncident *self = data;

  g_free (self->text);
  g_free (self->address);
  g_free (self->socket_id);
  g_free (self->ns);
  g_free (self->event);
}

/**
 * sio_incident_unref:
 * @self: (transfer full): an incident
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
sio_incident_unref (SioIncident *self)
{
  g_rc_box_release_full (self, incident_clear);
}

/**
 * sio_incident_get_kind:
 * @self: an incident
 *
 * Tells what happened.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
SioIncidentKind
sio_incident_get_kind (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, SIO_INCIDENT_REFUSED);

  return self->kind;
}

/**
 * sio_incident_get_code:
 * @self: an incident
 *
 * Tells why, for programs: the kind in lower case with hyphens, such as `slow-consumer`; for
 * [enum@Sio.IncidentKind.REFUSED] one of `unknown-transport`, `unknown-session`, `bad-method`,
 * `bad-request`, `forbidden`, `unsupported-protocol`, `malformed-http`, `large-head`, `large-body`.
 *
 * Returns: (transfer none): a word
 *
 * Since: 0.1
 */
const char *
sio_incident_get_code (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->code;
}

/**
 * sio_incident_get_text:
 * @self: an incident
 *
 * Tells why, for people. What came from the peer is escaped and cut in it.
 *
 * Returns: (transfer none): UTF-8
 *
 * Since: 0.1
 */
const char *
sio_incident_get_text (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}

/**
 * sio_incident_get_address:
 * @self: an incident
 *
 * Tells whose fault it was, see [method@Sio.Session.get_remote_address].
 *
 * Returns: (transfer none) (nullable): a numeric address, empty for Unix sockets; `NULL` if it was
 *   nobody's
 *
 * Since: 0.1
 */
const char *
sio_incident_get_address (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->address;
}

/**
 * sio_incident_get_socket_id:
 * @self: an incident
 *
 * Tells which socket it was about: of a connection with several, the first one. It may be
 * disconnected already.
 *
 * Returns: (transfer none) (nullable): the id of a [class@Sio.Socket], or `NULL` if there was none
 *
 * Since: 0.1
 */
const char *
sio_incident_get_socket_id (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->socket_id;
}

/**
 * sio_incident_get_namespace:
 * @self: an incident
 *
 * Tells the namespace of the socket.
 *
 * Returns: (transfer none) (nullable): the name of a [class@Sio.Namespace], or `NULL`
 *
 * Since: 0.1
 */
const char *
sio_incident_get_namespace (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->ns;
}

/**
 * sio_incident_get_event:
 * @self: an incident
 *
 * Tells the event that was refused. The name is the client's choice: escape it where that matters.
 *
 * Returns: (transfer none) (nullable): at most 100 bytes of its name, or `NULL`
 *
 * Since: 0.1
 */
const char *
sio_incident_get_event (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->event;
}

/**
 * sio_incident_get_enforced:
 * @self: an incident
 *
 * Tells whether something was refused or ended.
 *
 * Returns: `FALSE` if [property@Sio.Engine:enforce-limits] or
 *   [property@Sio.Server:event-limit-action] let it pass
 *
 * Since: 0.1
 */
gboolean
sio_incident_get_enforced (SioIncident *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->enforced;
}

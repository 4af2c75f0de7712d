/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-control-private.h"

/* Who reads along what clients send and get. What is sent is only looked at while somebody wants
 * it: handlers for outgoing events cost something for each recipient. */

struct _SiosTap
{
  gboolean outgoing;
  SiosTapFunc func;
  gpointer user_data;
};

typedef struct
{
  SioNamespace *ns;
  guint handler;
} Observed;

void
sios_control_tell_taps (
    SiosControl *self, SiosTapKind kind, SioSocket *socket, SioMessage *message, const char *reason)
{
  const SiosTapRecord record = { kind, socket, message, reason };

  if (g_hash_table_contains (self->hidden,
                             sio_namespace_get_name (sio_socket_get_namespace (socket))))
    return;
  for (GList *l = self->taps, *next; l != NULL; l = next)
    {
      SiosTap *tap = l->data;

      next = l->next;
      if (kind != SIOS_TAP_SENT || tap->outgoing)
        tap->func (&record, tap->user_data);
    }
}

static void
outgoing_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sios_control_tell_taps (user_data, SIOS_TAP_SENT, socket, message, NULL);
}

static void
clear_observed (gpointer data)
{
  Observed *observed = data;

  sio_namespace_off (observed->ns, observed->handler);
  g_object_unref (observed->ns);
}

static void
observe (SiosControl *self, SioNamespace *ns)
{
  Observed observed = { g_object_ref (ns),
                        sio_namespace_on_any_outgoing (ns, outgoing_cb, self, NULL) };

  g_array_append_val (self->observed, observed);
}

static void
new_namespace_cb (SioServer *server, SioNamespace *ns, SiosControl *self)
{
  observe (self, ns);
}

/* After taps came or went. */
static void
update_observed (SiosControl *self)
{
  g_autoptr (GPtrArray) namespaces = NULL;
  gboolean wanted = FALSE;

  for (GList *l = self->taps; l != NULL; l = l->next)
    wanted |= ((SiosTap *) l->data)->outgoing;
  if (wanted == (self->observed != NULL))
    return;
  if (!wanted)
    {
      g_signal_handlers_disconnect_by_func (self->server, new_namespace_cb, self);
      g_clear_pointer (&self->observed, g_array_unref);
      return;
    }
  self->observed = g_array_new (FALSE, FALSE, sizeof (Observed));
  g_array_set_clear_func (self->observed, clear_observed);
  namespaces = sios_control_get_namespaces (self);
  for (guint i = 0; i < namespaces->len; i++)
    observe (self, g_ptr_array_index (namespaces, i));
  g_signal_connect (self->server, "new-namespace", G_CALLBACK (new_namespace_cb), self);
}

SiosTap *
sios_control_tap (SiosControl *self, gboolean outgoing, SiosTapFunc func, gpointer user_data)
{
  SiosTap *tap = g_new0 (SiosTap, 1);

  tap->outgoing = outgoing;
  tap->func = func;
  tap->user_data = user_data;
  self->taps = g_list_prepend (self->taps, tap);
  update_observed (self);
  return tap;
}

void
sios_control_untap (SiosControl *self, SiosTap *tap)
{
  self->taps = g_list_remove (self->taps, tap);
  g_free (tap);
  update_observed (self);
}

void
sios_control_clear_taps (SiosControl *self)
{
  while (self->taps != NULL)
    sios_control_untap (self, self->taps->data);
}

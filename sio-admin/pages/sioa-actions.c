/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-actions.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <sio.h>
#include <string.h>

#define TOLD_S 10 /* Long enough to be read to somebody. */

typedef struct
{
  char *nsp;
  GPtrArray *rooms; /* ends with NULL; NULL: everybody */
} Target;

typedef struct
{
  GtkWidget *widget; /* a weak pointer */
  SioaServer *server;
  SioaAct act;
  GPtrArray *targets; /* of Target: an action has one namespace, a selection may have several */
  guint n_waiting;
  gint64 n_reached;
  gboolean unknown;
  GError *error;
  char *fixed_name;
  GtkWidget *name; /* of a room or event; kept, as dialogs are gone before they tell the response */
  GtkWidget *args;
  GtkWidget *problem; /* with the arguments */
  GtkWidget *dialog;
} Act;

static void
target_free (Target *target)
{
  g_free (target->nsp);
  g_clear_pointer (&target->rooms, g_ptr_array_unref);
  g_free (target);
}

static void
act_free (Act *act)
{
  g_clear_weak_pointer (&act->widget);
  g_object_unref (act->server);
  g_ptr_array_unref (act->targets);
  g_clear_error (&act->error);
  g_free (act->fixed_name);
  g_clear_object (&act->name);
  g_clear_object (&act->args);
  g_free (act);
}

static gboolean
is_destructive (SioaAct act)
{
  return act == SIOA_ACT_DISCONNECT || act == SIOA_ACT_CLOSE || act == SIOA_ACT_EMPTY;
}

SioaFeatures
sioa_actions_get_needed (SioaAct act)
{
  switch (act)
    {
    case SIOA_ACT_JOIN:
      return SIOA_CAN_JOIN;
    case SIOA_ACT_LEAVE:
    case SIOA_ACT_EMPTY:
      return SIOA_CAN_LEAVE;
    case SIOA_ACT_EMIT:
      return SIOA_CAN_EMIT;
    case SIOA_ACT_DISCONNECT:
    case SIOA_ACT_CLOSE:
    default:
      return SIOA_CAN_DISCONNECT;
    }
}

void
sioa_actions_tell (GtkWidget *widget, const char *text)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  AdwToast *message;

  /* The window may be closed by now. */
  if (overlay == NULL)
    return;
  message = adw_toast_new (escaped);
  adw_toast_set_timeout (message, TOLD_S);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), message);
}

static void
toast (Act *act, const char *text)
{
  if (act->widget != NULL)
    sioa_actions_tell (act->widget, text);
}

/* All of them have ended. */
static void
tell (Act *act)
{
  g_autofree char *text = NULL;

  if (act->error != NULL)
    text = g_strdup_printf (_ ("Not done: %s"), act->error->message);
  else if (act->unknown)
    text = g_strdup (_ ("The server was asked to do it"));
  else
    text = g_strdup_printf (ngettext ("Done, %d socket concerned", "Done, %d sockets concerned",
                                      (gulong) act->n_reached),
                            (int) act->n_reached);
  toast (act, text);
  act_free (act);
}

static void
acted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Act *act = user_data;
  g_autoptr (GError) error = NULL;
  gint64 reached = sioa_backend_act_finish (SIOA_BACKEND (source), result, &error);

  if (error != NULL)
    {
      g_clear_error (&act->error);
      act->error = g_steal_pointer (&error);
    }
  else if (reached == SIOA_UNKNOWN)
    act->unknown = TRUE;
  else
    act->n_reached += reached;
  if (--act->n_waiting == 0)
    tell (act);
}

static void
do_one (Act *act, Target *target, const char *name, const char *args)
{
  SioaBackend *backend = sioa_server_get_backend (act->server);
  SioaTarget to = { target->nsp,
                    target->rooms != NULL ? (const char *const *) target->rooms->pdata : NULL,
                    NULL };

  switch (act->act)
    {
    case SIOA_ACT_JOIN:
      sioa_backend_join_async (backend, &to, name, NULL, acted_cb, act);
      break;
    case SIOA_ACT_LEAVE:
    case SIOA_ACT_EMPTY:
      sioa_backend_leave_async (backend, &to, name, NULL, acted_cb, act);
      break;
    case SIOA_ACT_EMIT:
      sioa_backend_emit_async (backend, &to, name, args, NULL, acted_cb, act);
      break;
    case SIOA_ACT_DISCONNECT:
    case SIOA_ACT_CLOSE:
    default:
      sioa_backend_disconnect_async (backend, &to, act->act == SIOA_ACT_CLOSE, NULL, acted_cb, act);
    }
}

static void
do_it (Act *act)
{
  g_autofree char *name = g_strdup (
      act->name != NULL ? gtk_editable_get_text (GTK_EDITABLE (act->name)) : act->fixed_name);
  g_autofree char *args =
      act->args != NULL ? g_strdup (gtk_editable_get_text (GTK_EDITABLE (act->args))) : NULL;
  g_autoptr (GPtrArray) targets = g_ptr_array_ref (act->targets);

  act->n_waiting = targets->len;
  for (guint i = 0; i < targets->len; i++)
    do_one (act, g_ptr_array_index (targets, i), name, args);
}

static void
response_cb (AdwMessageDialog *dialog, const char *response, Act *act)
{
  /* Freed with the first answer. */
  g_signal_handlers_disconnect_by_data (dialog, act);
  if (g_strcmp0 (response, "do") == 0)
    do_it (act);
  else
    act_free (act);
}

/* What is typed has to make sense before it can be sent. */
static void
check (Act *act)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (act->name));
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = NULL;
  gboolean ok = *name != '\0';

  if (act->args != NULL)
    {
      args = sio_args_new_from_json (gtk_editable_get_text (GTK_EDITABLE (act->args)), -1, &error);
      if (args == NULL)
        gtk_widget_add_css_class (act->args, "error");
      else
        gtk_widget_remove_css_class (act->args, "error");
      gtk_label_set_label (GTK_LABEL (act->problem), error != NULL ? error->message : "");
      ok = ok && args != NULL;
    }
  adw_message_dialog_set_response_enabled (ADW_MESSAGE_DIALOG (act->dialog), "do", ok);
}

static void
add_entries (Act *act)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *list = gtk_list_box_new ();

  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  act->name = g_object_ref_sink (adw_entry_row_new ());
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (act->name),
                                 act->act == SIOA_ACT_EMIT ? _ ("Event") : _ ("Room"));
  adw_entry_row_set_activates_default (ADW_ENTRY_ROW (act->name), TRUE);
  gtk_list_box_append (GTK_LIST_BOX (list), act->name);
  g_signal_connect_swapped (act->name, "changed", G_CALLBACK (check), act);
  if (act->act == SIOA_ACT_EMIT)
    {
      act->args = g_object_ref_sink (adw_entry_row_new ());
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (act->args), _ ("Arguments, a JSON list"));
      gtk_editable_set_text (GTK_EDITABLE (act->args), "[]");
      adw_entry_row_set_activates_default (ADW_ENTRY_ROW (act->args), TRUE);
      gtk_list_box_append (GTK_LIST_BOX (list), act->args);
      act->problem = gtk_label_new (NULL);
      gtk_label_set_wrap (GTK_LABEL (act->problem), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (act->problem), PANGO_WRAP_WORD_CHAR);
      gtk_label_set_xalign (GTK_LABEL (act->problem), 0);
      gtk_widget_add_css_class (act->problem, "error");
      g_signal_connect_swapped (act->args, "changed", G_CALLBACK (check), act);
    }
  gtk_box_append (GTK_BOX (box), list);
  if (act->problem != NULL)
    gtk_box_append (GTK_BOX (box), act->problem);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (act->dialog), box);
  check (act);
}

static char *
describe (SioaAct act, const char *whom, const char *server)
{
  switch (act)
    {
    case SIOA_ACT_DISCONNECT:
      return g_strdup_printf (_ ("%1$s at “%2$s” will be disconnected from the namespace. Clients "
                                 "do not come back by themselves."),
                              whom, server);
    case SIOA_ACT_CLOSE:
      return g_strdup_printf (_ ("The connections of %1$s at “%2$s” will be closed."), whom,
                              server);
    case SIOA_ACT_EMPTY:
      return g_strdup_printf (_ ("All leave %1$s at “%2$s”. They stay connected."), whom, server);
    case SIOA_ACT_EMIT:
      return g_strdup_printf (_ ("To %1$s at “%2$s”"), whom, server);
    case SIOA_ACT_JOIN:
    case SIOA_ACT_LEAVE:
    default:
      /* TRANSLATORS: sockets at a server */
      return g_strdup_printf (_ ("%1$s at “%2$s”"), whom, server);
    }
}

static Target *
add_target (GPtrArray *targets, const char *nsp)
{
  Target *target;

  for (guint i = 0; i < targets->len; i++)
    {
      target = g_ptr_array_index (targets, i);
      if (strcmp (target->nsp, nsp) == 0)
        return target;
    }
  target = g_new0 (Target, 1);
  target->nsp = g_strdup (nsp);
  g_ptr_array_add (targets, target);
  return target;
}

static void
add_room (Target *target, const char *room)
{
  if (target->rooms == NULL)
    target->rooms = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (target->rooms, g_strdup (room));
}

/* Takes @targets. */
static void
run (GtkWidget *widget,
     SioaServer *server,
     SioaAct what,
     GPtrArray *targets,
     const char *whom,
     const char *name)
{
  const char *const texts[][2] = {
    { _ ("Disconnect?"), _ ("_Disconnect") }, { _ ("Close Connections?"), _ ("_Close") },
    { _ ("Join a Room"), _ ("_Join") },       { _ ("Leave a Room"), _ ("_Leave") },
    { _ ("Emit an Event"), _ ("_Emit") },     { _ ("Empty the Room?"), _ ("_Empty") },
  };
  Act *act = g_new0 (Act, 1);
  g_autofree char *body = describe (what, whom, sioa_server_get_name (server));

  for (guint i = 0; i < targets->len; i++)
    if (((Target *) g_ptr_array_index (targets, i))->rooms != NULL)
      g_ptr_array_add (((Target *) g_ptr_array_index (targets, i))->rooms, NULL);
  g_set_weak_pointer (&act->widget, widget);
  act->server = g_object_ref (server);
  act->act = what;
  act->targets = targets;
  act->fixed_name = g_strdup (name);
  act->dialog =
      adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (widget)), texts[what][0], body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (act->dialog), "cancel", _ ("_Cancel"), "do",
                                    texts[what][1], NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (act->dialog),
                                           is_destructive (what) ? "cancel" : "do");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (act->dialog), "cancel");
  adw_message_dialog_set_response_appearance (
      ADW_MESSAGE_DIALOG (act->dialog), "do",
      is_destructive (what) || sioa_server_is_production (server) ? ADW_RESPONSE_DESTRUCTIVE
                                                                  : ADW_RESPONSE_SUGGESTED);
  if (!is_destructive (what))
    add_entries (act);
  if (act->name != NULL && name != NULL)
    gtk_editable_set_text (GTK_EDITABLE (act->name), name);
  g_signal_connect (act->dialog, "response", G_CALLBACK (response_cb), act);
  gtk_window_present (GTK_WINDOW (act->dialog));
  if (act->name != NULL)
    gtk_widget_grab_focus (act->name);
}

void
sioa_actions_run (GtkWidget *widget,
                  SioaServer *server,
                  SioaAct act,
                  const char *nsp,
                  const char *room,
                  const char *whom)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func ((GDestroyNotify) target_free);
  Target *target = add_target (targets, nsp);

  if (room != NULL)
    add_room (target, room);
  run (widget, server, act, targets, whom, act == SIOA_ACT_EMPTY ? room : NULL);
}

void
sioa_actions_run_on_sockets (
    GtkWidget *widget, SioaServer *server, SioaAct act, GPtrArray *sockets, const char *name)
{
  GPtrArray *targets;
  g_autofree char *whom = NULL;

  if (sockets->len == 0)
    return;
  targets = g_ptr_array_new_with_free_func ((GDestroyNotify) target_free);
  for (guint i = 0; i < sockets->len; i++)
    {
      SioaSocket *socket = g_ptr_array_index (sockets, i);

      add_room (add_target (targets, sioa_socket_get_nsp (socket)), sioa_socket_get_id (socket));
    }
  if (sockets->len == 1)
    whom = g_strdup_printf (_ ("socket %s of %s"), sioa_socket_get_id (sockets->pdata[0]),
                            sioa_socket_get_nsp (sockets->pdata[0]));
  else if (targets->len == 1)
    whom = g_strdup_printf (ngettext ("%u socket of %s", "%u sockets of %s", sockets->len),
                            sockets->len, sioa_socket_get_nsp (sockets->pdata[0]));
  else
    {
      g_autofree char *n =
          g_strdup_printf (ngettext ("%u socket", "%u sockets", sockets->len), sockets->len);

      /* TRANSLATORS: "5 sockets of 2 namespaces" */
      whom = g_strdup_printf (ngettext ("%s of %u namespace", "%s of %u namespaces", targets->len),
                              n, targets->len);
    }
  run (widget, server, act, targets, whom, name);
}

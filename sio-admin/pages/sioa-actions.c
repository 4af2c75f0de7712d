/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-actions.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <sio.h>

typedef struct
{
  GtkWidget *widget; /* a weak pointer */
  SioaServer *server;
  SioaAct act;
  char *nsp;
  char **rooms;
  char *whom;
  GtkWidget *name; /* of a room or event; kept, as dialogs are gone before they tell the response */
  GtkWidget *args;
  GtkWidget *dialog;
} Act;

static void
act_free (Act *act)
{
  g_clear_weak_pointer (&act->widget);
  g_object_unref (act->server);
  g_free (act->nsp);
  g_strfreev (act->rooms);
  g_free (act->whom);
  g_clear_object (&act->name);
  g_clear_object (&act->args);
  g_free (act);
}

SioaFeatures
sioa_actions_get_needed (SioaAct act)
{
  switch (act)
    {
    case SIOA_ACT_JOIN:
      return SIOA_CAN_JOIN;
    case SIOA_ACT_LEAVE:
      return SIOA_CAN_LEAVE;
    case SIOA_ACT_EMIT:
      return SIOA_CAN_EMIT;
    case SIOA_ACT_DISCONNECT:
    case SIOA_ACT_CLOSE:
    default:
      return SIOA_CAN_DISCONNECT;
    }
}

static void
toast (Act *act, const char *text)
{
  GtkWidget *overlay =
      act->widget != NULL ? gtk_widget_get_ancestor (act->widget, ADW_TYPE_TOAST_OVERLAY) : NULL;
  AdwToast *message;
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  /* The window may be closed by now. */
  if (overlay == NULL)
    return;
  message = adw_toast_new (escaped);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), message);
}

static void
acted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Act *act = user_data;
  g_autoptr (GError) error = NULL;
  gint64 reached = sioa_backend_act_finish (SIOA_BACKEND (source), result, &error);
  g_autofree char *text = NULL;

  if (error != NULL)
    text = g_strdup_printf (_ ("Not done: %s"), error->message);
  else if (reached == SIOA_UNKNOWN)
    text = g_strdup (_ ("The server was asked to do it"));
  else
    text = g_strdup_printf (
        ngettext ("Done, %d socket concerned", "Done, %d sockets concerned", (gulong) reached),
        (int) reached);
  toast (act, text);
  act_free (act);
}

static void
do_it (Act *act)
{
  SioaBackend *backend = sioa_server_get_backend (act->server);
  SioaTarget target = { act->nsp, (const char *const *) act->rooms, NULL };
  const char *name = act->name != NULL ? gtk_editable_get_text (GTK_EDITABLE (act->name)) : NULL;

  switch (act->act)
    {
    case SIOA_ACT_JOIN:
      sioa_backend_join_async (backend, &target, name, NULL, acted_cb, act);
      break;
    case SIOA_ACT_LEAVE:
      sioa_backend_leave_async (backend, &target, name, NULL, acted_cb, act);
      break;
    case SIOA_ACT_EMIT:
      sioa_backend_emit_async (backend, &target, name,
                               gtk_editable_get_text (GTK_EDITABLE (act->args)), NULL, acted_cb,
                               act);
      break;
    case SIOA_ACT_DISCONNECT:
    case SIOA_ACT_CLOSE:
    default:
      sioa_backend_disconnect_async (backend, &target, act->act == SIOA_ACT_CLOSE, NULL, acted_cb,
                                     act);
    }
}

static void
response_cb (AdwMessageDialog *dialog, const char *response, Act *act)
{
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
      gtk_widget_set_tooltip_text (act->args, error != NULL ? error->message : NULL);
      ok = ok && args != NULL;
    }
  adw_message_dialog_set_response_enabled (ADW_MESSAGE_DIALOG (act->dialog), "do", ok);
}

static void
add_entries (Act *act)
{
  GtkWidget *list = gtk_list_box_new ();

  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  act->name = g_object_ref_sink (adw_entry_row_new ());
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (act->name),
                                 act->act == SIOA_ACT_EMIT ? _ ("Event") : _ ("Room"));
  gtk_list_box_append (GTK_LIST_BOX (list), act->name);
  g_signal_connect_swapped (act->name, "changed", G_CALLBACK (check), act);
  if (act->act == SIOA_ACT_EMIT)
    {
      act->args = g_object_ref_sink (adw_entry_row_new ());
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (act->args), _ ("Arguments, a JSON list"));
      gtk_editable_set_text (GTK_EDITABLE (act->args), "[]");
      gtk_list_box_append (GTK_LIST_BOX (list), act->args);
      g_signal_connect_swapped (act->args, "changed", G_CALLBACK (check), act);
    }
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (act->dialog), list);
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
    case SIOA_ACT_EMIT:
      return g_strdup_printf (_ ("To %1$s at “%2$s”"), whom, server);
    case SIOA_ACT_JOIN:
    case SIOA_ACT_LEAVE:
    default:
      /* TRANSLATORS: sockets at a server */
      return g_strdup_printf (_ ("%1$s at “%2$s”"), whom, server);
    }
}

void
sioa_actions_run (GtkWidget *widget,
                  SioaServer *server,
                  SioaAct what,
                  const char *nsp,
                  const char *const *rooms,
                  const char *whom)
{
  const char *const texts[][2] = {
    { _ ("Disconnect?"), _ ("_Disconnect") }, { _ ("Close Connections?"), _ ("_Close") },
    { _ ("Join a Room"), _ ("_Join") },       { _ ("Leave a Room"), _ ("_Leave") },
    { _ ("Emit an Event"), _ ("_Emit") },
  };
  Act *act = g_new0 (Act, 1);
  g_autofree char *body = describe (what, whom, sioa_server_get_name (server));

  g_set_weak_pointer (&act->widget, widget);
  act->server = g_object_ref (server);
  act->act = what;
  act->nsp = g_strdup (nsp);
  act->rooms = g_strdupv ((char **) rooms);
  act->whom = g_strdup (whom);
  act->dialog =
      adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (widget)), texts[what][0], body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (act->dialog), "cancel", _ ("_Cancel"), "do",
                                    texts[what][1], NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (act->dialog),
                                           what <= SIOA_ACT_CLOSE ? "cancel" : "do");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (act->dialog), "cancel");
  adw_message_dialog_set_response_appearance (
      ADW_MESSAGE_DIALOG (act->dialog), "do",
      what <= SIOA_ACT_CLOSE || sioa_server_is_production (server) ? ADW_RESPONSE_DESTRUCTIVE
                                                                   : ADW_RESPONSE_SUGGESTED);
  if (what >= SIOA_ACT_JOIN)
    add_entries (act);
  g_signal_connect (act->dialog, "response", G_CALLBACK (response_cb), act);
  gtk_window_present (GTK_WINDOW (act->dialog));
}

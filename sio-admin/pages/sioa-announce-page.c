/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-announce-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "sioa-actions.h"

/* The number of recipients is counted anew so often while the page is seen. */
#define RECOUNT_S 2

typedef enum
{
  KIND_PLAIN,
  KIND_EVENT
} Kind;

struct _SioaAnnouncePage
{
  SioaPage parent_instance;

  SioaAnnouncements *announcements;
  SioaSocketsPage *sockets;       /* a weak pointer */
  SioaServer *server;             /* of SioaPage */
  SioaAnnouncement *announcement; /* what the fields say */
  gboolean filling;

  GtkWidget *box;
  GtkWidget *template;
  GtkWidget *remove_template;
  GtkWidget *kind;
  GtkWidget *title;
  GtkWidget *text;
  GtkWidget *severity;
  GtkWidget *event;
  GtkWidget *args;
  GtkWidget *problem;
  GtkWidget *audience;
  GtkWidget *nsp;
  GtkWidget *name;
  GtkWidget *count;
  GtkWidget *later;
  GtkWidget *when;
  GtkWidget *send;
  GtkWidget *production;
  GtkWidget *planned;
};

G_DEFINE_FINAL_TYPE (SioaAnnouncePage, sioa_announce_page, SIOA_TYPE_PAGE)

static const char *const severities[] = { "info", "warning", "critical" };

#define TEXT(widget) (gtk_editable_get_text (GTK_EDITABLE (widget)))
#define CHOICE(widget) (adw_combo_row_get_selected (ADW_COMBO_ROW (widget)))

static void
set_string (char **target, const char *text)
{
  g_free (*target);
  *target = g_strdup (text);
}

static const char *
get_choice_text (GtkWidget *row)
{
  GObject *item = adw_combo_row_get_selected_item (ADW_COMBO_ROW (row));

  return item != NULL ? gtk_string_object_get_string (GTK_STRING_OBJECT (item)) : NULL;
}

static void
collect (SioaAnnouncePage *self)
{
  SioaAnnouncement *announcement = self->announcement;
  gboolean is_event = CHOICE (self->kind) == KIND_EVENT;

  set_string (&announcement->title, TEXT (self->title));
  set_string (&announcement->text, TEXT (self->text));
  set_string (&announcement->severity,
              severities[MIN (CHOICE (self->severity), G_N_ELEMENTS (severities) - 1)]);
  set_string (&announcement->event, is_event ? TEXT (self->event) : NULL);
  set_string (&announcement->args, is_event ? TEXT (self->args) : NULL);
  announcement->audience = (SioaAudience) CHOICE (self->audience);
  set_string (&announcement->nsp, get_choice_text (self->nsp));
  set_string (&announcement->name, TEXT (self->name));
  g_clear_pointer (&announcement->sockets, g_ptr_array_unref);
  if (announcement->audience == SIOA_AUDIENCE_SELECTION && self->sockets != NULL)
    announcement->sockets = sioa_sockets_page_list_selected (self->sockets);
}

/* Microseconds since 1970; 0: now; -1: what is written is no time that is to come. */
static gint64
get_time (SioaAnnouncePage *self)
{
  int year, month, day, hour, minute;
  int second = 0;
  int n_read = 0;
  int n_seconds = 0;
  const char *text = TEXT (self->when);
  g_autoptr (GDateTime) date = NULL;

  if (!gtk_switch_get_active (GTK_SWITCH (self->later)))
    return 0;
  if (sscanf (text, "%4d-%2d-%2d %2d:%2d%n", &year, &month, &day, &hour, &minute, &n_read) != 5)
    return -1;
  /* Few need the second. */
  if (text[n_read] == ':' && sscanf (text + n_read, ":%2d%n", &second, &n_seconds) != 1)
    return -1;
  if (text[n_read + n_seconds] != '\0')
    return -1;
  date = g_date_time_new_local (year, month, day, hour, minute, second);
  if (date == NULL || g_date_time_to_unix (date) * G_USEC_PER_SEC <= g_get_real_time ())
    return -1;
  return g_date_time_to_unix (date) * G_USEC_PER_SEC;
}

static char *
describe_count (SioaAnnouncePage *self)
{
  gint64 count;

  /* What was known is not what is. */
  if (self->server == NULL ||
      sioa_backend_get_state (sioa_server_get_backend (self->server)) != SIOA_STATE_OPEN)
    return g_strdup (_ ("Not connected: nobody can be reached."));
  if (self->announcement->audience == SIOA_AUDIENCE_SELECTION &&
      (self->announcement->sockets == NULL || self->announcement->sockets->len == 0))
    return g_strdup (_ ("Nothing is selected on the page of sockets."));
  count = sioa_announcement_count (self->announcement, self->server);
  if (count == SIOA_UNKNOWN)
    return g_strdup (_ ("It is unknown how many that are: the server does not list its sockets."));
  return g_strdup_printf (
      ngettext ("%d recipient at the moment", "%d recipients at the moment", (gulong) count),
      (int) count);
}

static void
mark (GtkWidget *row, gboolean valid)
{
  if (valid)
    gtk_widget_remove_css_class (row, "error");
  else
    gtk_widget_add_css_class (row, "error");
}

/* Runs with each key that is typed, and while the page is seen. */
static void
update (SioaAnnouncePage *self)
{
  g_autoptr (GError) error = NULL;
  SioaAudience audience;
  gboolean is_event, later, production, valid, allowed;
  g_autofree char *count = NULL;

  if (self->filling || self->server == NULL)
    return;
  audience = (SioaAudience) CHOICE (self->audience);
  is_event = CHOICE (self->kind) == KIND_EVENT;
  later = gtk_switch_get_active (GTK_SWITCH (self->later));
  production = sioa_server_is_production (self->server);
  collect (self);
  gtk_widget_set_visible (self->title, !is_event);
  gtk_widget_set_visible (self->text, !is_event);
  gtk_widget_set_visible (self->severity, !is_event);
  gtk_widget_set_visible (self->event, is_event);
  gtk_widget_set_visible (self->args, is_event);
  gtk_widget_set_visible (self->nsp,
                          audience == SIOA_AUDIENCE_NAMESPACE || audience == SIOA_AUDIENCE_ROOM);
  gtk_widget_set_visible (self->name,
                          audience == SIOA_AUDIENCE_ROOM || audience == SIOA_AUDIENCE_USER);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->name),
                                 audience == SIOA_AUDIENCE_ROOM ? _ ("Room") : _ ("User"));
  gtk_widget_set_visible (self->when, later);
  gtk_widget_set_visible (self->production, production);
  valid = sioa_announcement_check (self->announcement, &error);
  /* The field itself, when it is about the text in it. */
  mark (self->args, !is_event || error == NULL || error->domain == SIOA_ERROR);
  if (valid && get_time (self) < 0)
    {
      valid = FALSE;
      g_set_error_literal (&error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                           _ ("Enter a time that is to come, as 2031-12-31 18:00 or 18:00:30."));
    }
  mark (self->when, get_time (self) >= 0);
  allowed =
      (sioa_backend_get_features (sioa_server_get_backend (self->server)) & SIOA_CAN_EMIT) != 0;
  if (!allowed)
    gtk_label_set_label (GTK_LABEL (self->problem),
                         _ ("The server takes no orders: it is read-only, or not connected."));
  else
    gtk_label_set_label (GTK_LABEL (self->problem), error != NULL ? error->message : "");
  count = describe_count (self);
  gtk_label_set_label (GTK_LABEL (self->count), count);
  gtk_widget_set_sensitive (self->send, valid && allowed);
  gtk_button_set_label (GTK_BUTTON (self->send), later ? _ ("_Schedule…") : _ ("_Send…"));
  if (production)
    {
      gtk_widget_remove_css_class (self->send, "suggested-action");
      gtk_widget_add_css_class (self->send, "destructive-action");
    }
  else
    {
      gtk_widget_remove_css_class (self->send, "destructive-action");
      gtk_widget_add_css_class (self->send, "suggested-action");
    }
}

static void
sent_cb (SioaSending *sending, SioaAnnouncePage *self)
{
  sioa_actions_tell (GTK_WIDGET (self), sioa_sending_get_result (sending));
}

typedef struct
{
  SioaAnnouncePage *page; /* a weak pointer */
  SioaServer *server;
  SioaAnnouncement *announcement;
  gint64 time;
  gboolean answered;
} Question;

static void
question_free (gpointer data, GClosure *closure)
{
  Question *question = data;

  g_clear_weak_pointer (&question->page);
  g_object_unref (question->server);
  sioa_announcement_free (question->announcement);
  g_free (question);
}

static void
answered_cb (AdwMessageDialog *dialog, const char *response, Question *question)
{
  g_autoptr (SioaSending) sending = NULL;

  /* People shall not read it twice. */
  if (question->answered || g_strcmp0 (response, "send") != 0 || question->page == NULL)
    return;
  question->answered = TRUE;
  sending = sioa_announcements_send (question->page->announcements, question->server,
                                     question->announcement, question->time);
  g_signal_connect_object (sending, "changed", G_CALLBACK (sent_cb), question->page, 0);
  if (question->time > 0)
    sioa_actions_tell (GTK_WIDGET (question->page), _ ("Scheduled"));
}

static void
send_cb (GtkButton *button, SioaAnnouncePage *self)
{
  g_autofree char *what = NULL;
  g_autofree char *whom = NULL;
  g_autofree char *count = NULL;
  g_autofree char *body = NULL;
  gboolean production = sioa_server_is_production (self->server);
  Question *question = g_new0 (Question, 1);
  GtkWidget *dialog;

  collect (self);
  sioa_store_catch_up (sioa_server_get_store (self->server));
  what = sioa_announcement_describe (self->announcement);
  whom = sioa_announcement_describe_audience (self->announcement);
  count = describe_count (self);
  /* TRANSLATORS: an announcement to somebody at a server */
  body = g_strdup_printf (_ ("%1$s to %2$s at “%3$s”.\n%4$s"), what, whom,
                          sioa_server_get_name (self->server), count);
  g_set_weak_pointer (&question->page, self);
  question->server = g_object_ref (self->server);
  question->announcement = sioa_announcement_copy (self->announcement);
  question->time = get_time (self);
  dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                   production ? _ ("Send in Production?") : _ ("Send?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "send",
                                    question->time > 0 ? _ ("_Schedule") : _ ("_Send"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "send",
                                              production ? ADW_RESPONSE_DESTRUCTIVE
                                                         : ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog),
                                           production ? "cancel" : "send");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  if (production)
    gtk_widget_add_css_class (dialog, "production");
  g_signal_connect_data (dialog, "response", G_CALLBACK (answered_cb), question, question_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Templates. */

static void
templates_cb (SioaAnnouncePage *self)
{
  g_auto (GStrv) names = sioa_announcements_list_templates (self->announcements);
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  gtk_string_list_append (list, _ ("None"));
  for (guint i = 0; names[i] != NULL; i++)
    gtk_string_list_append (list, names[i]);
  self->filling = TRUE;
  adw_combo_row_set_model (ADW_COMBO_ROW (self->template), G_LIST_MODEL (list));
  gtk_widget_set_sensitive (self->remove_template, FALSE);
  self->filling = FALSE;
}

static void
template_cb (SioaAnnouncePage *self)
{
  g_autoptr (SioaAnnouncement) loaded = NULL;
  gboolean chosen =
      CHOICE (self->template) != GTK_INVALID_LIST_POSITION && CHOICE (self->template) > 0;

  gtk_widget_set_sensitive (self->remove_template, chosen);
  if (self->filling || !chosen)
    return;
  loaded = sioa_announcements_load_template (self->announcements, get_choice_text (self->template));
  self->filling = TRUE;
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->kind),
                              loaded->event != NULL ? KIND_EVENT : KIND_PLAIN);
  if (loaded->event != NULL)
    {
      gtk_editable_set_text (GTK_EDITABLE (self->event), loaded->event);
      gtk_editable_set_text (GTK_EDITABLE (self->args), loaded->args);
    }
  else
    {
      gtk_editable_set_text (GTK_EDITABLE (self->title),
                             loaded->title != NULL ? loaded->title : "");
      gtk_editable_set_text (GTK_EDITABLE (self->text), loaded->text != NULL ? loaded->text : "");
      for (guint i = 0; i < G_N_ELEMENTS (severities); i++)
        if (strcmp (severities[i], loaded->severity) == 0)
          adw_combo_row_set_selected (ADW_COMBO_ROW (self->severity), i);
    }
  self->filling = FALSE;
  update (self);
}

static void
named_cb (AdwMessageDialog *dialog, const char *response, SioaAnnouncePage *self)
{
  GtkWidget *row = g_object_get_data (G_OBJECT (dialog), "row");

  if (g_strcmp0 (response, "save") == 0)
    {
      collect (self);
      sioa_announcements_save_template (self->announcements, TEXT (row), self->announcement);
    }
}

static void
save_template_cb (GtkButton *button, SioaAnnouncePage *self)
{
  GtkWidget *dialog =
      adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                              _ ("Save as Template"), _ ("Without the audience and the time"));
  GtkWidget *list = gtk_list_box_new ();
  GtkWidget *row = adw_entry_row_new ();
  const char *name = NULL;

  if (CHOICE (self->template) > 0)
    name = get_choice_text (self->template);
  if (name == NULL)
    name = CHOICE (self->kind) == KIND_EVENT ? TEXT (self->event) : TEXT (self->title);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Name"));
  adw_entry_row_set_activates_default (ADW_ENTRY_ROW (row), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (row), name);
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_list_box_append (GTK_LIST_BOX (list), row);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), list);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "save",
                                    _ ("_Save"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "save",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "save");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  /* The dialog is gone before it tells the response. */
  g_object_set_data_full (G_OBJECT (dialog), "row", g_object_ref (row), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (named_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
remove_template_cb (GtkButton *button, SioaAnnouncePage *self)
{
  g_autofree char *name = g_strdup (get_choice_text (self->template));

  if (CHOICE (self->template) > 0 && name != NULL)
    sioa_announcements_remove_template (self->announcements, name);
}

/* The lists below. */

static void
cancel_cb (GtkButton *button, SioaAnnouncePage *self)
{
  sioa_announcements_cancel (self->announcements, g_object_get_data (G_OBJECT (button), "sending"));
}

static void
show_result (SioaSending *sending, GtkLabel *label)
{
  const char *result = sioa_sending_get_result (sending);

  gtk_label_set_label (label, result != NULL ? result : _ ("Sending…"));
}

static GtkWidget *
make_row (SioaSending *sending)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *text = sioa_sending_describe (sending);

  g_object_set (row, "use-markup", FALSE, NULL);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), sioa_sending_get_title (sending));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
  return row;
}

static GtkWidget *
make_planned_row (gpointer item, gpointer user_data)
{
  GtkWidget *row = make_row (item);
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("_Cancel"));

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (button), "sending", g_object_ref (item), g_object_unref);
  g_signal_connect (button, "clicked", G_CALLBACK (cancel_cb), user_data);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

static GtkWidget *
make_sent_row (gpointer item, gpointer user_data)
{
  GtkWidget *row = make_row (item);
  GtkWidget *result = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (result), TRUE);
  gtk_label_set_xalign (GTK_LABEL (result), 1);
  gtk_label_set_max_width_chars (GTK_LABEL (result), 24);
  gtk_widget_add_css_class (result, "dim-label");
  g_signal_connect_object (item, "changed", G_CALLBACK (show_result), result, 0);
  show_result (item, GTK_LABEL (result));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), result);
  return row;
}

static void
planned_cb (GListModel *model, guint position, guint removed, guint added, SioaAnnouncePage *self)
{
  gtk_widget_set_visible (self->planned, g_list_model_get_n_items (model) > 0);
}

/* The fields. */

static void
sioa_announce_page_set_namespaces (SioaPage *page, GListModel *model)
{
  SioaAnnouncePage *self = SIOA_ANNOUNCE_PAGE (page);
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autofree char *chosen = g_strdup (get_choice_text (self->nsp));
  guint selected = 0;

  for (guint i = 0; model != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (SioaPlace) place = g_list_model_get_item (model, i);

      if (g_strcmp0 (chosen, sioa_place_get_nsp (place)) == 0)
        selected = i;
      gtk_string_list_append (names, sioa_place_get_nsp (place));
    }
  self->filling = TRUE;
  adw_combo_row_set_model (ADW_COMBO_ROW (self->nsp), G_LIST_MODEL (names));
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->nsp), selected);
  self->filling = FALSE;
  update (self);
}

static void
sioa_announce_page_set_server (SioaPage *page, SioaServer *server)
{
  SIOA_ANNOUNCE_PAGE (page)->server = server;
}

static GtkWidget *
add_entry (SioaAnnouncePage *self, GtkWidget *group, const char *title)
{
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  g_signal_connect_swapped (row, "changed", G_CALLBACK (update), self);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return row;
}

static GtkWidget *
add_combo (SioaAnnouncePage *self, GtkWidget *group, const char *title, const char *const *choices)
{
  GtkWidget *row = adw_combo_row_new ();
  g_autoptr (GtkStringList) list = gtk_string_list_new (choices);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (list));
  g_signal_connect_swapped (row, "notify::selected", G_CALLBACK (update), self);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return row;
}

static GtkWidget *
add_group (GtkWidget *box, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  gtk_box_append (GTK_BOX (box), group);
  return group;
}

static GtkWidget *
make_icon_button (const char *icon, const char *title, GCallback callback, gpointer user_data)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
  g_signal_connect (button, "clicked", callback, user_data);
  return button;
}

static GtkWidget *
add_label (GtkWidget *box, const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static void
add_message (SioaAnnouncePage *self, GtkWidget *box)
{
  const char *kinds[] = { _ ("Announcement"), _ ("Any event"), NULL };
  const char *names[] = { _ ("Information"), _ ("Warning"), _ ("Critical"), NULL };
  GtkWidget *group = add_group (box, _ ("Message"));
  GtkWidget *save = make_icon_button ("document-save-symbolic", _ ("Save as Template"),
                                      G_CALLBACK (save_template_cb), self);

  self->template = adw_combo_row_new ();
  self->remove_template = make_icon_button ("user-trash-symbolic", _ ("Remove Template"),
                                            G_CALLBACK (remove_template_cb), self);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->template), _ ("Template"));
  g_signal_connect_swapped (self->template, "notify::selected", G_CALLBACK (template_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->template), save);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->template), self->remove_template);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), self->template);
  self->kind = add_combo (self, group, _ ("Kind"), kinds);
  self->title = add_entry (self, group, _ ("Title"));
  self->text = add_entry (self, group, _ ("Text"));
  self->severity = add_combo (self, group, _ ("Severity"), names);
  self->event = add_entry (self, group, _ ("Event"));
  self->args = add_entry (self, group, _ ("Arguments, a JSON list"));
  gtk_editable_set_text (GTK_EDITABLE (self->args), "[]");
}

static void
add_audience (SioaAnnouncePage *self, GtkWidget *box)
{
  const char *audiences[] = { _ ("Everyone"), _ ("A namespace"),      _ ("A room"),
                              _ ("A user"),   _ ("Selected sockets"), NULL };
  GtkWidget *group = add_group (box, _ ("Audience"));
  GtkWidget *row = adw_action_row_new ();

  self->audience = add_combo (self, group, _ ("To"), audiences);
  self->nsp = add_combo (self, group, _ ("Namespace"), NULL);
  self->name = add_entry (self, group, _ ("Room"));
  self->later = gtk_switch_new ();
  gtk_widget_set_valign (self->later, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->later), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Later"), -1);
  g_signal_connect_swapped (self->later, "notify::active", G_CALLBACK (update), self);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Later"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row),
                               _ ("Kept as long as this program runs, and no longer"));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->later);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), self->later);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  self->when = add_entry (self, group, _ ("Date and time"));
}

static GtkWidget *
add_list (SioaAnnouncePage *self,
          GtkWidget *box,
          const char *title,
          GListModel *model,
          GtkListBoxCreateWidgetFunc func)
{
  GtkWidget *group = add_group (box, title);
  GtkWidget *list = gtk_list_box_new ();
  GtkWidget *nothing = gtk_label_new (_ ("Nothing yet"));

  gtk_widget_add_css_class (nothing, "dim-label");
  gtk_widget_add_css_class (nothing, "number");
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_list_box_set_placeholder (GTK_LIST_BOX (list), nothing);
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_list_box_bind_model (GTK_LIST_BOX (list), model, func, self, NULL);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), list);
  return group;
}

static void
clear_cb (GtkButton *button, SioaAnnouncePage *self)
{
  sioa_announcements_clear_sent (self->announcements);
}

static void
sioa_announce_page_update (SioaPage *page)
{
  update (SIOA_ANNOUNCE_PAGE (page));
}

static void
sioa_announce_page_dispose (GObject *object)
{
  SioaAnnouncePage *self = SIOA_ANNOUNCE_PAGE (object);

  g_clear_weak_pointer (&self->sockets);
  if (self->announcements != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->announcements, self);
      g_signal_handlers_disconnect_by_data (sioa_announcements_get_planned (self->announcements),
                                            self);
    }
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->announcements);

  G_OBJECT_CLASS (sioa_announce_page_parent_class)->dispose (object);
}

static void
sioa_announce_page_finalize (GObject *object)
{
  sioa_announcement_free (SIOA_ANNOUNCE_PAGE (object)->announcement);

  G_OBJECT_CLASS (sioa_announce_page_parent_class)->finalize (object);
}

static void
sioa_announce_page_class_init (SioaAnnouncePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_announce_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_announce_page_finalize;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_announce_page_set_server;
  SIOA_PAGE_CLASS (klass)->set_namespaces = sioa_announce_page_set_namespaces;
  SIOA_PAGE_CLASS (klass)->update = sioa_announce_page_update;
  SIOA_PAGE_CLASS (klass)->refresh = sioa_announce_page_update;
  SIOA_PAGE_CLASS (klass)->refresh_s = RECOUNT_S;
}

static void
sioa_announce_page_init (SioaAnnouncePage *self)
{
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *bottom = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  self->announcement = sioa_announcement_new ();
  self->filling = TRUE;
  add_message (self, box);
  add_audience (self, box);
  self->count = add_label (box, "dim-label");
  self->problem = add_label (box, "error");
  self->production = gtk_label_new (_ ("Production"));
  gtk_widget_add_css_class (self->production, "production-mark");
  gtk_widget_set_valign (self->production, GTK_ALIGN_CENTER);
  self->send = gtk_button_new_with_mnemonic (_ ("_Send…"));
  g_signal_connect (self->send, "clicked", G_CALLBACK (send_cb), self);
  gtk_widget_set_halign (bottom, GTK_ALIGN_END);
  gtk_box_append (GTK_BOX (bottom), self->production);
  gtk_box_append (GTK_BOX (bottom), self->send);
  gtk_box_append (GTK_BOX (box), bottom);
  gtk_widget_add_css_class (box, "page");
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 700);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  self->box = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->box), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->box), clamp);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  g_object_set_data (G_OBJECT (self), "content", box);
  self->filling = FALSE;
}

GtkWidget *
sioa_announce_page_new (SioaAnnouncements *announcements, SioaSocketsPage *sockets)
{
  SioaAnnouncePage *self = g_object_new (SIOA_TYPE_ANNOUNCE_PAGE, NULL);
  GtkWidget *box = g_object_get_data (G_OBJECT (self), "content");
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) later = g_date_time_add_hours (now, 1);
  g_autofree char *when = g_date_time_format (later, "%Y-%m-%d %H:%M");
  GListModel *planned = sioa_announcements_get_planned (announcements);
  GtkWidget *sent;

  self->announcements = g_object_ref (announcements);
  g_set_weak_pointer (&self->sockets, sockets);
  gtk_editable_set_text (GTK_EDITABLE (self->when), when);
  self->planned = add_list (self, box, _ ("Scheduled"), planned, make_planned_row);
  sent =
      add_list (self, box, _ ("Sent"), sioa_announcements_get_sent (announcements), make_sent_row);
  adw_preferences_group_set_header_suffix (
      ADW_PREFERENCES_GROUP (sent),
      make_icon_button ("edit-clear-all-symbolic", _ ("Clear"), G_CALLBACK (clear_cb), self));
  g_signal_connect (planned, "items-changed", G_CALLBACK (planned_cb), self);
  planned_cb (planned, 0, 0, 0, self);
  g_signal_connect_swapped (announcements, "templates-changed", G_CALLBACK (templates_cb), self);
  templates_cb (self);
  return GTK_WIDGET (self);
}

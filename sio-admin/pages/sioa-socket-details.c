/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-socket-details.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "sioa-access.h"
#include "sioa-actions.h"
#include "sioa-columns.h"
#include "sioa-graph.h"
#include "sioa-json.h"
#include "sioa-socket-columns.h"

/* How often the latency of the socket is looked at. */
#define SAMPLE_S 2
#define MAX_ROOMS 100

struct _SioaSocketDetails
{
  GtkWidget parent_instance;

  SioaServer *server;
  SioaSocket *socket;
  SioaSocketRecord *full; /* what the server told when asked; NULL */
  GCancellable *cancellable;
  SioaHistory *history;
  guint source_id;
  guint rooms_hash;
  guint json_hash;
  gboolean has_json; /* its hash is the one of what is shown */

  GtkWidget *stack; /* "socket", "none" */
  GtkWidget *id;
  GtkWidget *ended;
  GtkWidget *reveal;
  GtkWidget *buttons[SIOA_ACT_EMIT + 1];
  GtkWidget *facts;
  GtkWidget *values[SIOA_N_SOCKET_COLUMNS];
  GtkWidget *graph;
  GtkWidget *rooms;
  GtkWidget *headers;
  GtkWidget *query;
  GtkWidget *handshake;
  GtkWidget *data;
};

G_DEFINE_FINAL_TYPE (SioaSocketDetails, sioa_socket_details, GTK_TYPE_WIDGET)

static SioaSocketRecord *
get_record (SioaSocketDetails *self)
{
  return self->full != NULL ? self->full : sioa_socket_get_record (self->socket);
}

/* The list of a group, which is hidden while there is nothing in it. */
static void
clear_list (GtkWidget *list)
{
  GtkListBoxRow *row;

  /* What is said in place of rows stays. */
  while ((row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), 0)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (list), GTK_WIDGET (row));
}

static GtkWidget *
add_row (GtkWidget *list, const char *title, const char *text, GtkOrientation orientation)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (orientation, orientation == GTK_ORIENTATION_HORIZONTAL ? 12 : 0);
  GtkWidget *name = gtk_label_new (title);
  GtkWidget *value = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (name, "dim-label");
  gtk_widget_add_css_class (name, "caption");
  gtk_label_set_xalign (GTK_LABEL (value), orientation == GTK_ORIENTATION_HORIZONTAL ? 1 : 0);
  gtk_widget_set_hexpand (value, TRUE);
  gtk_label_set_wrap (GTK_LABEL (value), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (value), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (value), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (value), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  title, -1);
  gtk_widget_add_css_class (box, "detail");
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), value);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  gtk_list_box_append (GTK_LIST_BOX (list), row);
  return value;
}

static GtkWidget *
get_group (GtkWidget *widget)
{
  return gtk_widget_get_parent (widget);
}

static void
show_members (GtkWidget *list, const char *json, const char *name, gboolean reveal)
{
  g_autoptr (GPtrArray) members = sioa_json_list_members (json, name, reveal);

  clear_list (list);
  for (guint i = 0; i + 1 < members->len; i += 2)
    add_row (list, members->pdata[i], members->pdata[i + 1], GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_visible (get_group (list), members->len > 0);
}

static void
show_json (GtkWidget *label, const char *json, gboolean reveal)
{
  g_autofree char *text = sioa_json_format (json, reveal);

  gtk_label_set_label (GTK_LABEL (label), text != NULL ? text : "");
  gtk_widget_set_visible (get_group (label), text != NULL);
}

static void
show_json_groups (SioaSocketDetails *self)
{
  SioaSocketRecord *record = get_record (self);
  gboolean reveal = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->reveal));
  guint hash = (record->handshake != NULL ? g_str_hash (record->handshake) : 0) * 33 +
               (record->data != NULL ? g_str_hash (record->data) : 0) * 2 + (reveal ? 1 : 0);

  /* Somebody may be about to read or copy it. */
  if (self->has_json && hash == self->json_hash)
    return;
  self->has_json = TRUE;
  self->json_hash = hash;
  show_members (self->headers, record->handshake, "headers", reveal);
  show_members (self->query, record->handshake, "query", reveal);
  show_json (self->handshake, record->handshake, reveal);
  show_json (self->data, record->data, reveal);
}

static void
act (SioaSocketDetails *self, SioaAct what, const char *name)
{
  g_autoptr (GPtrArray) sockets = g_ptr_array_new ();

  g_ptr_array_add (sockets, self->socket);
  sioa_actions_run_on_sockets (GTK_WIDGET (self), self->server, what, sockets, name);
}

static void
leave_cb (GtkButton *button, SioaSocketDetails *self)
{
  act (self, SIOA_ACT_LEAVE, g_object_get_data (G_OBJECT (button), "room"));
}

static void
act_cb (GtkButton *button, SioaSocketDetails *self)
{
  act (self, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "act")), NULL);
}

static gboolean
can (SioaSocketDetails *self, SioaAct what)
{
  return sioa_socket_is_alive (self->socket) &&
         (sioa_backend_get_features (sioa_server_get_backend (self->server)) &
          sioa_actions_get_needed (what)) != 0;
}

static void
add_room_row (SioaSocketDetails *self, const char *room)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *leave = gtk_button_new_from_icon_name ("window-close-symbolic");
  g_autofree char *tip = g_strdup_printf (_ ("Leave “%s”"), room);

  /* Clients choose the names. */
  g_object_set (row, "use-markup", FALSE, "title-lines", 1, NULL);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), room);
  gtk_widget_set_valign (leave, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (leave, "flat");
  sioa_access_set_name (leave, tip);
  gtk_widget_set_sensitive (leave, can (self, SIOA_ACT_LEAVE));
  g_object_set_data_full (G_OBJECT (leave), "room", g_strdup (room), g_free);
  g_signal_connect (leave, "clicked", G_CALLBACK (leave_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), leave);
  gtk_list_box_append (GTK_LIST_BOX (self->rooms), row);
}

/* Only when they differ: somebody may be about to press a button. */
static void
show_rooms (SioaSocketDetails *self)
{
  guint n_rooms;
  const char *const *rooms = sioa_socket_get_rooms (self->socket, &n_rooms);
  guint hash = n_rooms + (can (self, SIOA_ACT_LEAVE) ? 1 << 20 : 0);

  for (guint i = 0; i < n_rooms; i++)
    hash = hash * 33 + g_str_hash (rooms[i]);
  if (hash == self->rooms_hash)
    return;
  self->rooms_hash = hash;
  clear_list (self->rooms);
  for (guint i = 0; i < MIN (n_rooms, MAX_ROOMS); i++)
    add_room_row (self, rooms[i]);
  if (n_rooms > MAX_ROOMS)
    {
      g_autofree char *more = g_strdup_printf (_ ("and %u more"), n_rooms - MAX_ROOMS);

      add_row (self->rooms, more, NULL, GTK_ORIENTATION_VERTICAL);
    }
}

static void
show_facts (SioaSocketDetails *self)
{
  gboolean alive = sioa_socket_is_alive (self->socket);
  const char *reason = sioa_socket_get_reason (self->socket);
  g_autofree char *ended = reason != NULL ? g_strdup_printf (_ ("Disconnected: %s"), reason)
                                          : g_strdup (_ ("Disconnected"));

  gtk_label_set_label (GTK_LABEL (self->id), sioa_socket_get_id (self->socket));
  gtk_label_set_label (GTK_LABEL (self->ended), ended);
  gtk_widget_set_visible (self->ended, !alive);
  for (guint i = 0; i < SIOA_N_SOCKET_COLUMNS; i++)
    if (self->values[i] != NULL)
      {
        g_autofree char *text = sioa_socket_columns[i].get_text (self->socket);

        gtk_label_set_label (GTK_LABEL (self->values[i]), text != NULL ? text : "–");
      }
  for (guint i = 0; i < G_N_ELEMENTS (self->buttons); i++)
    gtk_widget_set_sensitive (self->buttons[i], can (self, i));
  show_rooms (self);
}

static void
changed_cb (SioaSocketDetails *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      show_facts (self);
      show_json_groups (self);
    }
}

static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  SioaSocketRecord *record = sioa_backend_get_socket_finish (SIOA_BACKEND (source), result, &error);
  SioaSocketDetails *self = user_data;

  /* Another socket, or none at all, is looked at by now. Without more the record has to do. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || record == NULL)
    return;
  g_clear_pointer (&self->full, sioa_socket_record_unref);
  self->full = record;
  show_json_groups (self);
}

static gboolean
sample_cb (gpointer user_data)
{
  SioaSocketDetails *self = user_data;
  gint64 rtt = sioa_socket_get_record (self->socket)->rtt;

  if (rtt != SIOA_UNKNOWN && sioa_socket_is_alive (self->socket))
    sioa_history_add_round_trip (self->history, g_get_monotonic_time (), rtt);
  /* How long it has been connected. */
  show_facts (self);
  return G_SOURCE_CONTINUE;
}

/* Only somebody who looks needs all this. */
static void
start (SioaSocketDetails *self)
{
  if (self->source_id != 0 || self->socket == NULL || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  self->source_id = g_timeout_add_seconds (SAMPLE_S, sample_cb, self);
  sample_cb (self);
  show_json_groups (self);
  self->cancellable = g_cancellable_new ();
  sioa_backend_get_socket_async (
      sioa_server_get_backend (self->server), sioa_socket_get_nsp (self->socket),
      sioa_socket_get_id (self->socket), self->cancellable, told_cb, self);
}

static void
stop (SioaSocketDetails *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static void
forget_socket (SioaSocketDetails *self)
{
  stop (self);
  if (self->socket != NULL)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  g_clear_object (&self->server);
  g_clear_pointer (&self->full, sioa_socket_record_unref);
  g_clear_object (&self->history);
}

void
sioa_socket_details_set_socket (SioaSocketDetails *self, SioaServer *server, SioaSocket *socket)
{
  if (socket == self->socket)
    return;
  forget_socket (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), socket != NULL ? "socket" : "none");
  self->rooms_hash = 0;
  self->has_json = FALSE;
  clear_list (self->rooms);
  /* What was revealed of one is not of the next. */
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->reveal), FALSE);
  if (socket == NULL)
    return;
  self->server = g_object_ref (server);
  self->socket = g_object_ref (socket);
  self->history = sioa_history_new ();
  sioa_graph_set_history (SIOA_GRAPH (self->graph), self->history);
  gtk_widget_set_visible (get_group (self->graph),
                          sioa_socket_get_record (socket)->rtt != SIOA_UNKNOWN);
  g_signal_connect_swapped (socket, "changed", G_CALLBACK (changed_cb), self);
  start (self);
}

static void
reveal_cb (GtkToggleButton *button, SioaSocketDetails *self)
{
  gboolean reveal = gtk_toggle_button_get_active (button);

  gtk_button_set_icon_name (GTK_BUTTON (button),
                            reveal ? "view-conceal-symbolic" : "view-reveal-symbolic");
  if (self->socket != NULL)
    show_json_groups (self);
}

static void
copy_id_cb (GtkButton *button, SioaSocketDetails *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                          sioa_socket_get_id (self->socket));
}

/* What is hidden is not copied either. */
static void
copy_label_cb (GtkButton *button, GtkLabel *label)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (button)),
                          gtk_label_get_label (label));
}

static GtkWidget *
make_group (GtkWidget *box, const char *title, GtkWidget *content, GtkWidget *button)
{
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (title);

  gtk_widget_add_css_class (label, "heading");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (head), label);
  if (button != NULL)
    gtk_box_append (GTK_BOX (head), button);
  gtk_box_append (GTK_BOX (group), head);
  gtk_box_append (GTK_BOX (group), content);
  gtk_box_append (GTK_BOX (box), group);
  return content;
}

static GtkWidget *
make_list (const char *label)
{
  GtkWidget *list = gtk_list_box_new ();

  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return list;
}

static GtkWidget *
make_json (GtkWidget *box, const char *title)
{
  GtkWidget *label = gtk_label_new (NULL);
  GtkWidget *copy = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  g_autofree char *tip = g_strdup_printf (_ ("Copy “%s”"), title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, "monospace");
  gtk_widget_add_css_class (label, "card");
  gtk_widget_add_css_class (label, "number");
  gtk_widget_add_css_class (copy, "flat");
  sioa_access_set_name (copy, tip);
  g_signal_connect (copy, "clicked", G_CALLBACK (copy_label_cb), label);
  return make_group (box, title, label, copy);
}

static GtkWidget *
make_head (SioaSocketDetails *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *copy = gtk_button_new_from_icon_name ("edit-copy-symbolic");

  self->id = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->id), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (self->id), 0);
  gtk_label_set_selectable (GTK_LABEL (self->id), TRUE);
  gtk_widget_set_hexpand (self->id, TRUE);
  gtk_widget_add_css_class (self->id, "title-4");
  sioa_access_set_name (copy, _ ("Copy ID"));
  gtk_widget_add_css_class (copy, "flat");
  g_signal_connect (copy, "clicked", G_CALLBACK (copy_id_cb), self);
  self->reveal = gtk_toggle_button_new ();
  gtk_button_set_icon_name (GTK_BUTTON (self->reveal), "view-reveal-symbolic");
  sioa_access_set_name (self->reveal, _ ("Show Passwords, Tokens and Cookies"));
  gtk_widget_add_css_class (self->reveal, "flat");
  g_signal_connect (self->reveal, "toggled", G_CALLBACK (reveal_cb), self);
  gtk_box_append (GTK_BOX (box), self->id);
  gtk_box_append (GTK_BOX (box), copy);
  gtk_box_append (GTK_BOX (box), self->reveal);
  return box;
}

static GtkWidget *
make_buttons (SioaSocketDetails *self)
{
  const char *labels[] = { _ ("Disconnect"), _ ("Close"), _ ("Join…"), _ ("Leave…"), _ ("Emit…") };
  GtkWidget *grid = gtk_grid_new ();
  int place = 0;

  gtk_grid_set_column_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      self->buttons[i] = gtk_button_new_with_label (labels[i]);
      g_object_set_data (G_OBJECT (self->buttons[i]), "act", GUINT_TO_POINTER (i));
      g_signal_connect (self->buttons[i], "clicked", G_CALLBACK (act_cb), self);
      /* Each room has a button of its own to leave. */
      if (i != SIOA_ACT_LEAVE)
        {
          gtk_grid_attach (GTK_GRID (grid), self->buttons[i], place % 2, place / 2, 1, 1);
          place++;
        }
      else
        g_object_ref_sink (self->buttons[i]);
    }
  gtk_widget_add_css_class (self->buttons[SIOA_ACT_DISCONNECT], "destructive-action");
  return grid;
}

static void
make_facts (SioaSocketDetails *self)
{
  self->facts = make_list (_ ("Socket"));
  /* But for the id, which is above, and the rooms, which are below. */
  for (guint i = 0; i < SIOA_N_SOCKET_COLUMNS; i++)
    if (!g_str_equal (sioa_socket_columns[i].name, "id") &&
        !g_str_equal (sioa_socket_columns[i].name, "rooms"))
      self->values[i] =
          add_row (self->facts, g_dpgettext2 (NULL, "column", sioa_socket_columns[i].title), NULL,
                   GTK_ORIENTATION_HORIZONTAL);
}

static void
sioa_socket_details_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (sioa_socket_details_parent_class)->map (widget);
  start (SIOA_SOCKET_DETAILS (widget));
}

static void
sioa_socket_details_unmap (GtkWidget *widget)
{
  stop (SIOA_SOCKET_DETAILS (widget));
  GTK_WIDGET_CLASS (sioa_socket_details_parent_class)->unmap (widget);
}

static void
sioa_socket_details_dispose (GObject *object)
{
  SioaSocketDetails *self = SIOA_SOCKET_DETAILS (object);

  forget_socket (self);
  g_clear_object (&self->buttons[SIOA_ACT_LEAVE]);
  g_clear_pointer (&self->stack, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_socket_details_parent_class)->dispose (object);
}

static void
sioa_socket_details_class_init (SioaSocketDetailsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sioa_socket_details_dispose;
  widget_class->map = sioa_socket_details_map;
  widget_class->unmap = sioa_socket_details_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_socket_details_init (SioaSocketDetails *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *none = adw_status_page_new ();

  gtk_widget_add_css_class (box, "page");
  gtk_box_append (GTK_BOX (box), make_head (self));
  self->ended = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->ended), 0);
  gtk_label_set_wrap (GTK_LABEL (self->ended), TRUE);
  gtk_widget_add_css_class (self->ended, "error");
  gtk_box_append (GTK_BOX (box), self->ended);
  gtk_box_append (GTK_BOX (box), make_buttons (self));
  make_facts (self);
  gtk_box_append (GTK_BOX (box), self->facts);
  self->graph = sioa_graph_new (_ ("Latency of the socket"), SIOA_UNIT_TIME);
  sioa_graph_add_value (SIOA_GRAPH (self->graph), _ ("Latency"), SIOA_ROUND_TRIP);
  make_group (box, _ ("Latency"), self->graph, NULL);
  self->rooms = make_group (box, _ ("Rooms"), make_list (_ ("Rooms")), NULL);
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->rooms), gtk_label_new (_ ("In no room")));
  self->headers = make_group (box, _ ("Headers"), make_list (_ ("Headers")), NULL);
  self->query = make_group (box, _ ("Query"), make_list (_ ("Query")), NULL);
  self->data = make_json (box, _ ("Data"));
  self->handshake = make_json (box, _ ("Handshake"));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), box);
  adw_status_page_set_title (ADW_STATUS_PAGE (none), _ ("No Socket Chosen"));
  adw_status_page_set_description (ADW_STATUS_PAGE (none), _ ("Choose one in the table."));
  gtk_widget_add_css_class (none, "compact");
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), none, "none");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "socket");
  sioa_access_follow_stack (none);
  sioa_access_follow_stack (scroller);
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
  gtk_widget_set_size_request (GTK_WIDGET (self), 320, -1);
}

GtkWidget *
sioa_socket_details_new (void)
{
  return g_object_new (SIOA_TYPE_SOCKET_DETAILS, NULL);
}

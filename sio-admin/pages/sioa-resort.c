/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-resort.h"

#define PERIOD_US (3 * G_USEC_PER_SEC)
/* Who scrolled less than this ago is still reading along. */
#define SCROLL_US G_USEC_PER_SEC
/* Of a step, and how often the clock is looked at in it. */
#define BUDGET_US 6000
#define EACH 32
#define STEP_MS 10
#define BUTTONS                                                                                    \
  (GDK_BUTTON1_MASK | GDK_BUTTON2_MASK | GDK_BUTTON3_MASK | GDK_BUTTON4_MASK | GDK_BUTTON5_MASK)

/* One for each view; it belongs to it. */
typedef struct
{
  GtkColumnView *view;
  SioaTable *table;
  SioaPage *page; /* a weak pointer */
  guint tick_id;
  gint64 scrolled_at;
  gboolean pressed;
  gboolean own;   /* it is not somebody who scrolls */
  double value;   /* of the adjustment, before rows move */
  double height;  /* of each row */
  double offset;  /* of what is seen from the beginning of the first row that is seen */
  guint focus_at; /* before rows move */
  GdkFrameClock *clock;
  gulong layout_id; /* of @clock; 0 */
} Watch;

/* Makes all rows of a store compare as they are now, in steps. It belongs to the store. Positions
 * of rows may change meanwhile: one that is missed compares as before until the next time. */
typedef struct
{
  SioaStore *store;
  guint list;
  guint position;
  guint source_id; /* 0: it is done */
  gint64 begun_at;
} Pass;

static GPtrArray *watches;

static Watch *
get_watch (gpointer view)
{
  return g_object_get_data (view, "sioa-resort");
}

static GtkAdjustment *
get_adjustment (Watch *self)
{
  return gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->view));
}

/* GTK 4.8 does not tell which row a widget is of, but its cells have theirs. */
static guint
get_position (GtkWidget *row)
{
  GtkWidget *cell = gtk_widget_get_first_child (row);
  GtkWidget *child = cell != NULL ? gtk_widget_get_first_child (cell) : NULL;
  GtkListItem *item = child != NULL ? g_object_get_data (G_OBJECT (child), "item") : NULL;

  return item != NULL ? gtk_list_item_get_position (item) : GTK_INVALID_LIST_POSITION;
}

static GtkWidget *
get_list (Watch *self)
{
  return gtk_widget_get_last_child (GTK_WIDGET (self->view));
}

static GtkWidget *
find_row (Watch *self, guint position)
{
  GtkWidget *row = gtk_widget_get_first_child (get_list (self));

  while (row != NULL && get_position (row) != position)
    row = gtk_widget_get_next_sibling (row);
  return row;
}

static GtkWidget *
get_focus (Watch *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self->view));

  return root != NULL ? gtk_root_get_focus (root) : NULL;
}

static guint
get_focused (Watch *self)
{
  GtkWidget *widget = get_focus (self);
  GtkWidget *list = get_list (self);

  if (widget == NULL || widget == list || !gtk_widget_is_ancestor (widget, list))
    return GTK_INVALID_LIST_POSITION;
  while (gtk_widget_get_parent (widget) != list)
    widget = gtk_widget_get_parent (widget);
  return get_position (widget);
}

/* The first row of which something is seen, as it was drawn: what the adjustment says may be of
 * other rows already, or not yet. */
static GtkWidget *
find_first (Watch *self)
{
  GtkWidget *list = get_list (self);
  graphene_rect_t bounds;

  for (GtkWidget *row = gtk_widget_get_first_child (list); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    if (gtk_widget_get_child_visible (row) && gtk_widget_compute_bounds (row, list, &bounds) &&
        bounds.size.height > 0 && bounds.origin.y + bounds.size.height > 0)
      {
        self->offset = -bounds.origin.y;
        self->height = bounds.size.height;
        return row;
      }
  return NULL;
}

static void
moving_cb (SioaTable *table, SioaMarks *marks, Watch *self)
{
  GtkWidget *first = NULL;

  self->focus_at = get_focused (self);
  /* Otherwise nothing was drawn since the last time. */
  if (self->layout_id == 0)
    {
      first = find_first (self);
      self->value = gtk_adjustment_get_value (get_adjustment (self));
    }
  /* Who is at the top wants to see what is at the top. */
  if (first != NULL && self->value > 0)
    marks->positions[SIOA_MARK_FIRST] = get_position (first);
  marks->positions[SIOA_MARK_FOCUS] = self->focus_at;
}

static void
forget_layout (Watch *self)
{
  if (self->layout_id != 0)
    g_clear_signal_handler (&self->layout_id, self->clock);
  g_clear_object (&self->clock);
}

static void
scroll (Watch *self, double value)
{
  self->own = TRUE;
  gtk_adjustment_set_value (get_adjustment (self), value);
  self->own = FALSE;
}

static void
layout_cb (GdkFrameClock *clock, Watch *self)
{
  forget_layout (self);
  scroll (self, self->value);
}

/* The list scrolls to what has the focus when it is arranged next, and only then knows where its
 * rows are: it goes back in the same frame, before anything is drawn. */
static void
focus_row (Watch *self, guint position)
{
  GtkWidget *row = find_row (self, position);

  self->own = TRUE;
  /* Rows far away have no widget, and of the last ones the list may not know yet. */
  if (row == NULL && position < g_list_model_get_n_items (G_LIST_MODEL (self->table)))
    gtk_widget_activate_action (get_list (self), "list.scroll-to-item", "u", position);
  if (row == NULL)
    row = find_row (self, position);
  if (row != NULL)
    gtk_widget_grab_focus (row);
  self->own = FALSE;
  forget_layout (self);
  self->clock = gtk_widget_get_frame_clock (GTK_WIDGET (self->view));
  if (self->clock == NULL)
    return;
  g_object_ref (self->clock);
  self->layout_id = g_signal_connect_after (self->clock, "layout", G_CALLBACK (layout_cb), self);
  gtk_widget_queue_allocate (get_list (self));
}

static void
moved_cb (SioaTable *table, SioaMarks *marks, Watch *self)
{
  guint first = marks->positions[SIOA_MARK_FIRST];
  guint focus = marks->positions[SIOA_MARK_FOCUS];

  if (first != GTK_INVALID_LIST_POSITION)
    self->value = first * self->height + self->offset;
  if (focus != GTK_INVALID_LIST_POSITION && focus != self->focus_at)
    focus_row (self, focus);
  else if (self->layout_id == 0)
    scroll (self, self->value);
}

static void
scrolled_cb (GtkColumnView *view)
{
  Watch *self = get_watch (view);

  if (self != NULL && !self->own)
    self->scrolled_at = g_get_monotonic_time ();
}

static gboolean
event_cb (GtkEventController *controller, GdkEvent *event, Watch *self)
{
  GdkEventType type = gdk_event_get_event_type (event);

  if (type == GDK_BUTTON_PRESS || type == GDK_TOUCH_BEGIN)
    self->pressed = TRUE;
  else if (type == GDK_BUTTON_RELEASE || type == GDK_TOUCH_END || type == GDK_TOUCH_CANCEL)
    self->pressed = FALSE;
  else if (type == GDK_MOTION_NOTIFY && (gdk_event_get_modifier_state (event) & BUTTONS) == 0)
    self->pressed = FALSE;
  return GDK_EVENT_PROPAGATE;
}

/* Whoever grabs the pointer keeps the release to himself. */
static gboolean
is_pressed (Watch *self)
{
  GdkSeat *seat = gdk_display_get_default_seat (gtk_widget_get_display (GTK_WIDGET (self->view)));
  GdkDevice *pointer = seat != NULL ? gdk_seat_get_pointer (seat) : NULL;

  if (self->pressed && pointer != NULL && (gdk_device_get_modifier_state (pointer) & BUTTONS) == 0)
    self->pressed = FALSE;
  return self->pressed;
}

static gboolean
has_dialog (GtkRoot *root)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (gtk_widget_get_visible (l->data) &&
        (gpointer) gtk_window_get_transient_for (l->data) == root)
      return TRUE;
  return FALSE;
}

static gboolean
is_held (Watch *self)
{
  GtkWidget *focus;

  if (!gtk_widget_get_mapped (GTK_WIDGET (self->view)))
    return FALSE;
  /* Menus and popovers take the focus. */
  focus = get_focus (self);
  return is_pressed (self) ||
         (self->scrolled_at > 0 && g_get_monotonic_time () < self->scrolled_at + SCROLL_US) ||
         (focus != NULL && gtk_widget_get_ancestor (focus, GTK_TYPE_POPOVER) != NULL) ||
         has_dialog (gtk_widget_get_root (GTK_WIDGET (self->view)));
}

static SioaStore *
get_store (Watch *self)
{
  return self->page != NULL ? sioa_page_get_store (self->page) : NULL;
}

static void
settle (gpointer row)
{
  if (SIOA_IS_SOCKET (row))
    sioa_socket_settle (row);
  else
    sioa_place_settle (row);
}

/* TRUE if that was all. */
static gboolean
settle_until (Pass *pass, gint64 end)
{
  GListModel *lists[] = { sioa_store_get_sockets (pass->store), sioa_store_get_rooms (pass->store),
                          sioa_store_get_namespaces (pass->store) };

  for (; pass->list < G_N_ELEMENTS (lists); pass->list++, pass->position = 0)
    while (pass->position < g_list_model_get_n_items (lists[pass->list]))
      {
        g_autoptr (GObject) row = g_list_model_get_item (lists[pass->list], pass->position++);

        settle (row);
        if (pass->position % EACH == 0 && g_get_monotonic_time () >= end)
          return FALSE;
      }
  return TRUE;
}

static gboolean
step_cb (gpointer user_data)
{
  Pass *pass = user_data;

  if (!settle_until (pass, g_get_monotonic_time () + BUDGET_US))
    return G_SOURCE_CONTINUE;
  pass->source_id = 0;
  for (guint i = 0; i < watches->len; i++)
    if (get_store (watches->pdata[i]) == pass->store)
      sioa_table_resort (((Watch *) watches->pdata[i])->table);
  return G_SOURCE_REMOVE;
}

static void
pass_free (gpointer data)
{
  Pass *pass = data;

  g_clear_handle_id (&pass->source_id, g_source_remove);
  g_free (pass);
}

static Pass *
get_pass (SioaStore *store)
{
  Pass *pass = g_object_get_data (G_OBJECT (store), "sioa-resort");

  if (pass == NULL)
    {
      pass = g_new0 (Pass, 1);
      pass->store = store;
      g_object_set_data_full (G_OBJECT (store), "sioa-resort", pass, pass_free);
    }
  return pass;
}

static gboolean
run (SioaStore *store)
{
  Pass *pass = get_pass (store);

  /* What compares in another way has to be sorted in all of them, which are in other windows, too.
   */
  for (guint i = 0; i < watches->len; i++)
    if (get_store (watches->pdata[i]) == store && is_held (watches->pdata[i]))
      return FALSE;
  pass->begun_at = g_get_monotonic_time ();
  pass->list = 0;
  pass->position = 0;
  if (pass->source_id == 0)
    {
      pass->source_id = g_timeout_add (STEP_MS, step_cb, pass);
      g_source_set_name_by_id (pass->source_id, "[sio-admin] values to sort by");
    }
  return TRUE;
}

gboolean
sioa_resort_run (GtkColumnView *view)
{
  SioaStore *store = get_store (get_watch (view));

  return store != NULL && run (store);
}

static gboolean
tick_cb (gpointer user_data)
{
  Watch *self = user_data;
  SioaStore *store = get_store (self);

  if (store != NULL && sioa_table_is_settled (self->table) &&
      g_get_monotonic_time () >= get_pass (store)->begun_at + PERIOD_US)
    run (store);
  return G_SOURCE_CONTINUE;
}

static void
map_cb (GtkWidget *view, Watch *self)
{
  if (self->tick_id == 0)
    self->tick_id = g_timeout_add_seconds (1, tick_cb, self);
}

static void
unmap_cb (GtkWidget *view, Watch *self)
{
  g_clear_handle_id (&self->tick_id, g_source_remove);
  forget_layout (self);
  self->pressed = FALSE;
}

static void
watch_adjustment (GtkColumnView *view, GParamSpec *spec, Watch *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);

  if (adjustment != NULL)
    g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (scrolled_cb), view,
                             G_CONNECT_SWAPPED);
}

static void
watch_free (gpointer data)
{
  Watch *self = data;

  g_ptr_array_remove_fast (watches, self);
  forget_layout (self);
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->table, self);
  g_object_unref (self->table);
  g_clear_weak_pointer (&self->page);
  g_free (self);
}

void
sioa_resort_watch (GtkColumnView *view, SioaTable *table, SioaPage *page)
{
  Watch *self = g_new0 (Watch, 1);
  GtkEventController *events = gtk_event_controller_legacy_new ();

  if (watches == NULL)
    watches = g_ptr_array_new ();
  g_ptr_array_add (watches, self);
  self->view = view;
  self->table = g_object_ref (table);
  g_set_weak_pointer (&self->page, page);
  g_object_set_data_full (G_OBJECT (view), "sioa-resort", self, watch_free);
  g_signal_connect (table, "moving", G_CALLBACK (moving_cb), self);
  g_signal_connect (table, "moved", G_CALLBACK (moved_cb), self);
  g_signal_connect (view, "map", G_CALLBACK (map_cb), self);
  g_signal_connect (view, "unmap", G_CALLBACK (unmap_cb), self);
  g_signal_connect (view, "notify::vadjustment", G_CALLBACK (watch_adjustment), self);
  watch_adjustment (view, NULL, self);
  gtk_event_controller_set_propagation_phase (events, GTK_PHASE_CAPTURE);
  g_signal_connect (events, "event", G_CALLBACK (event_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (view), events);
}

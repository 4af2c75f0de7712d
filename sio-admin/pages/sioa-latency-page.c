/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-latency-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "sioa-access.h"
#include "sioa-columns.h"
#include "sioa-distribution.h"
#include "sioa-graph.h"
#include "sioa-quantiles.h"
#include "sioa-socket-columns.h"
#include "sioa-sum.h"
#include "sioa-tab-stop.h"

#define N_SLOWEST 20
#define DEFAULT_THRESHOLD_MS 100
/* Tables are read: they do not change with each sample. */
#define TABLE_S 5

struct _SioaLatencyPage
{
  SioaPage parent_instance;

  SioaServer *server; /* of SioaPage */
  GtkWidget *scroller;
  GtkWidget *note;
  GtkWidget *graph;
  GtkWidget *distribution;
  GtkStack *stack; /* "graph", "table" */
  GListStore *moments;
  GListStore *slowest;
  GListStore *events;
  GtkWidget *slowest_box;
  GtkWidget *events_box;
  GtkWidget *namespaces; /* a drop-down; the first one is all of them */
  GtkWidget *threshold;  /* a spin button */
  GtkStringList *names;
  char *nsp; /* NULL: all */
  SioaSpan span;
  gboolean paused;
  gboolean own; /* the lines are those of the own connection */
  gint64 paused_at;
  gint64 table_at;
};

G_DEFINE_FINAL_TYPE (SioaLatencyPage, sioa_latency_page, SIOA_TYPE_PAGE)

static char *
get_name (gpointer row)
{
  return g_strdup (sioa_quantiles_get_name (row));
}

static char *
get_count (gpointer row)
{
  return sioa_unit_format (SIOA_UNIT_COUNT, round (sioa_quantiles_get_count (row)));
}

static char *
get_p50 (gpointer row)
{
  return sioa_unit_format (SIOA_UNIT_TIME, sioa_quantiles_get_p50 (row));
}

static char *
get_p95 (gpointer row)
{
  return sioa_unit_format (SIOA_UNIT_TIME, sioa_quantiles_get_p95 (row));
}

static char *
get_p99 (gpointer row)
{
  return sioa_unit_format (SIOA_UNIT_TIME, sioa_quantiles_get_p99 (row));
}

static const SioaColumn moment_columns[] = {
  { "time", NC_ ("column", "Time"), get_name, NULL, FALSE, TRUE, 0 },
  { "count", NC_ ("column", "Measured"), get_count, NULL, TRUE, TRUE, 0 },
  { "p50", NC_ ("column", "50 %"), get_p50, NULL, TRUE, TRUE, 0 },
  { "p95", NC_ ("column", "95 %"), get_p95, NULL, TRUE, TRUE, 0 },
  { "p99", NC_ ("column", "99 %"), get_p99, NULL, TRUE, TRUE, 0 },
};

static const SioaColumn event_columns[] = {
  { "event", NC_ ("column", "Event"), get_name, NULL, FALSE, TRUE, 0 },
  { "count", NC_ ("column", "Handled"), get_count, NULL, TRUE, TRUE, 0 },
  { "p50", NC_ ("column", "50 %"), get_p50, NULL, TRUE, TRUE, 0 },
  { "p95", NC_ ("column", "95 %"), get_p95, NULL, TRUE, TRUE, 0 },
  { "p99", NC_ ("column", "99 %"), get_p99, NULL, TRUE, TRUE, 0 },
};

static SioaHistory *
get_history (SioaLatencyPage *self)
{
  SioaHistory *all = sioa_server_get_history (self->server);
  SioaHistory *one = self->nsp != NULL ? sioa_history_get_namespace (all, self->nsp) : NULL;

  return one != NULL ? one : all;
}

static gint64
get_now (SioaLatencyPage *self)
{
  return self->paused ? self->paused_at : g_get_monotonic_time ();
}

/* The same moments that the graph shows, the newest first. */
static void
update_moments (SioaLatencyPage *self)
{
  SioaHistory *history = get_history (self);
  gint64 now = get_now (self);
  guint step = sioa_history_get_step (self->span);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GDateTime) present = g_date_time_new_now_local ();
  gint64 behind = g_get_monotonic_time () - now;

  for (guint age = 0; age < sioa_history_get_length (self->span); age++)
    {
      const SioaMoment *moment = sioa_history_get (history, self->span, now, age);
      g_autoptr (GDateTime) time = NULL;
      g_autofree char *name = NULL;

      if (moment == NULL || isnan (sioa_moment_get_quantile (moment, 0.5)))
        continue;
      time = g_date_time_add (present, -(behind + (gint64) age * step * G_USEC_PER_SEC));
      name = g_date_time_format (time, "%X");
      g_ptr_array_add (rows, sioa_quantiles_new (name, -(gint64) age, moment->latency));
    }
  g_list_store_splice (self->moments, 0, g_list_model_get_n_items (G_LIST_MODEL (self->moments)),
                       rows->pdata, rows->len);
}

static int
compare_rtt (gconstpointer a, gconstpointer b)
{
  gint64 first = sioa_socket_get_record (*(SioaSocket **) a)->rtt;
  gint64 second = sioa_socket_get_record (*(SioaSocket **) b)->rtt;

  return (first < second) - (first > second);
}

typedef struct
{
  const char *nsp; /* NULL: any */
  GPtrArray *slowest;
} Picking;

/* Keeps the slowest ones in order: most of thousands fail the first comparison. */
static void
pick_slow (gpointer data, gpointer user_data)
{
  Picking *picking = user_data;
  GPtrArray *slowest = picking->slowest;
  SioaSocket *socket = data;
  gint64 rtt = sioa_socket_get_record (socket)->rtt;

  if (rtt == SIOA_UNKNOWN ||
      (picking->nsp != NULL && strcmp (sioa_socket_get_nsp (socket), picking->nsp) != 0))
    return;
  if (slowest->len == N_SLOWEST)
    {
      if (rtt <= sioa_socket_get_record (slowest->pdata[N_SLOWEST - 1])->rtt)
        return;
      g_ptr_array_set_size (slowest, N_SLOWEST - 1);
    }
  g_ptr_array_add (slowest, g_object_ref (socket));
  g_ptr_array_sort (slowest, compare_rtt);
}

static void
update_slowest (SioaLatencyPage *self)
{
  g_autoptr (GPtrArray) slowest = g_ptr_array_new_with_free_func (g_object_unref);
  Picking picking = { self->nsp, slowest };
  gboolean same;

  if (sioa_sum_of (self->server) != NULL)
    sioa_sum_foreach_socket (sioa_sum_of (self->server), pick_slow, &picking);
  else
    sioa_store_foreach_socket (sioa_server_get_store (self->server), pick_slow, &picking);
  same = g_list_model_get_n_items (G_LIST_MODEL (self->slowest)) == slowest->len;
  for (guint i = 0; same && i < slowest->len; i++)
    {
      g_autoptr (GObject) row = g_list_model_get_item (G_LIST_MODEL (self->slowest), i);

      same = row == slowest->pdata[i];
    }
  if (!same)
    g_list_store_splice (self->slowest, 0, g_list_model_get_n_items (G_LIST_MODEL (self->slowest)),
                         slowest->pdata, slowest->len);
  gtk_widget_set_visible (self->slowest_box, slowest->len > 0);
}

static int
compare_counts (gconstpointer a, gconstpointer b, gpointer user_data)
{
  double first = sioa_quantiles_get_count ((SioaQuantiles *) a);
  double second = sioa_quantiles_get_count ((SioaQuantiles *) b);

  return (first < second) - (first > second);
}

/* @name: that of a namespace, a space, and that of an event. */
static gboolean
is_of_namespace (SioaLatencyPage *self, const char *name)
{
  gsize length = self->nsp != NULL ? strlen (self->nsp) : 0;

  return self->nsp == NULL || (strncmp (name, self->nsp, length) == 0 && name[length] == ' ');
}

static void
update_events (SioaLatencyPage *self)
{
  SioaSample *sample = sioa_history_get_sample (sioa_server_get_history (self->server));
  GHashTableIter iter;
  gpointer name, buckets;

  g_list_store_remove_all (self->events);
  if (sample != NULL && sample->events != NULL)
    {
      g_hash_table_iter_init (&iter, sample->events);
      while (g_hash_table_iter_next (&iter, &name, &buckets))
        {
          double values[SIOA_N_BUCKETS];
          g_autoptr (SioaQuantiles) row = NULL;

          if (!is_of_namespace (self, name))
            continue;
          for (guint i = 0; i < SIOA_N_BUCKETS; i++)
            values[i] = (double) ((guint64 *) buckets)[i];
          row = sioa_quantiles_new (name, 0, values);
          g_list_store_insert_sorted (self->events, row, compare_counts, NULL);
        }
    }
  gtk_widget_set_visible (self->events_box,
                          g_list_model_get_n_items (G_LIST_MODEL (self->events)) > 0);
}

static void
set_lines (SioaLatencyPage *self, gboolean own)
{
  SioaGraph *graph = SIOA_GRAPH (self->graph);

  self->own = own;
  sioa_graph_remove_lines (graph);
  if (own)
    {
      sioa_graph_add_value (graph, _ ("This connection"), SIOA_ROUND_TRIP);
      return;
    }
  /* TRANSLATORS: this part of all round trips was faster */
  sioa_graph_add_quantile (graph, _ ("50 %"), 0.5);
  sioa_graph_add_quantile (graph, _ ("95 %"), 0.95);
  sioa_graph_add_quantile (graph, _ ("99 %"), 0.99);
}

/* Where the lines do not say what one would think. */
static void
update_note (SioaLatencyPage *self)
{
  SioaSum *sum = sioa_sum_of (self->server);
  g_autofree char *silent = sum != NULL ? sioa_sum_name_silent (sum) : NULL;
  g_autofree char *text = NULL;

  if (self->nsp != NULL)
    text = g_strdup (_ ("A ping is one of a whole connection: it counts in each namespace that the "
                        "client is connected to."));
  else if (self->own)
    text = g_strdup (_ ("This server does not measure the round trips of its clients. What is "
                        "shown is the round trip of the connection of this application."));
  else if (silent != NULL)
    text = g_strdup_printf (
        /* TRANSLATORS: one or more names of servers */
        _ ("Without %s: there, the round trips of clients are not measured."), silent);
  gtk_widget_set_visible (self->note, text != NULL);
  if (text != NULL && g_strcmp0 (text, gtk_label_get_label (GTK_LABEL (self->note))) != 0)
    gtk_label_set_label (GTK_LABEL (self->note), text);
}

/* Those of which round trips are known. The one that is chosen stays so, and there. */
static void
update_namespaces (SioaLatencyPage *self)
{
  g_auto (GStrv) names = sioa_history_list_namespaces (sioa_server_get_history (self->server));
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->names)) - 1;
  gboolean same = n == g_strv_length (names);

  for (guint i = 0; same && i < n; i++)
    same = strcmp (gtk_string_list_get_string (self->names, i + 1), names[i]) == 0;
  if (!same)
    {
      g_autofree char *nsp = g_strdup (self->nsp);

      gtk_string_list_splice (self->names, 1, n, (const char *const *) names);
      for (guint i = 0; nsp != NULL && names[i] != NULL; i++)
        if (strcmp (names[i], nsp) == 0)
          gtk_drop_down_set_selected (GTK_DROP_DOWN (self->namespaces), i + 1);
    }
  gtk_widget_set_visible (self->namespaces, names[0] != NULL);
}

static void
update (SioaLatencyPage *self, gboolean all)
{
  gint64 now = g_get_monotonic_time ();
  double buckets[SIOA_N_BUCKETS];
  gboolean own;

  if (self->server == NULL)
    return;
  own =
      (sioa_backend_get_features (sioa_server_get_backend (self->server)) & SIOA_HAS_LATENCY) == 0;
  if (own != self->own)
    set_lines (self, own);
  update_note (self);
  if (self->paused && !all)
    return;
  sioa_history_sum_latency (get_history (self), self->span, get_now (self), buckets);
  sioa_distribution_set_buckets (SIOA_DISTRIBUTION (self->distribution), buckets);
  if (!all && now - self->table_at < TABLE_S * G_USEC_PER_SEC)
    return;
  self->table_at = now;
  /* What is paused stays, whatever else is looked at meanwhile. */
  if (!self->paused || g_list_model_get_n_items (G_LIST_MODEL (self->slowest)) == 0)
    {
      update_namespaces (self);
      update_slowest (self);
      update_events (self);
    }
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "table") == 0)
    update_moments (self);
}

static void
sioa_latency_page_update (SioaPage *page)
{
  update (SIOA_LATENCY_PAGE (page), FALSE);
}

static void
sioa_latency_page_set_server (SioaPage *page, SioaServer *server)
{
  SioaLatencyPage *self = SIOA_LATENCY_PAGE (page);

  g_list_store_remove_all (self->moments);
  g_list_store_remove_all (self->slowest);
  g_list_store_remove_all (self->events);
  self->server = NULL;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->namespaces), 0);
  gtk_string_list_splice (self->names, 1, g_list_model_get_n_items (G_LIST_MODEL (self->names)) - 1,
                          NULL);
  self->server = server;
  sioa_graph_set_history (SIOA_GRAPH (self->graph),
                          server != NULL ? sioa_server_get_history (server) : NULL);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self, TRUE);
}

static void
span_cb (GtkDropDown *drop_down, GParamSpec *spec, SioaLatencyPage *self)
{
  self->span = MIN (gtk_drop_down_get_selected (drop_down), SIOA_N_SPANS - 1);
  sioa_graph_set_span (SIOA_GRAPH (self->graph), self->span);
  update (self, TRUE);
}

static void
namespace_cb (GtkDropDown *drop_down, GParamSpec *spec, SioaLatencyPage *self)
{
  guint selected = gtk_drop_down_get_selected (drop_down);

  g_clear_pointer (&self->nsp, g_free);
  if (selected > 0 && selected != GTK_INVALID_LIST_POSITION)
    self->nsp = g_strdup (gtk_string_list_get_string (self->names, selected));
  if (self->server == NULL)
    return;
  sioa_graph_set_history (SIOA_GRAPH (self->graph), get_history (self));
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self, TRUE);
}

/* Names may be long. */
static void
setup_name_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 20);
  gtk_list_item_set_child (item, label);
}

static void
bind_name_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)),
                       gtk_string_object_get_string (gtk_list_item_get_item (item)));
}

static GtkWidget *
make_namespaces (SioaLatencyPage *self)
{
  const char *all[] = { _ ("All namespaces"), NULL };
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkWidget *drop_down;

  self->names = gtk_string_list_new (all);
  drop_down = gtk_drop_down_new (g_object_ref (G_LIST_MODEL (self->names)), NULL);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_name_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_name_cb), NULL);
  gtk_drop_down_set_factory (GTK_DROP_DOWN (drop_down), factory);
  sioa_access_name_drop_down (drop_down, _ ("Namespace"));
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (namespace_cb), self);
  self->namespaces = drop_down;
  return drop_down;
}

static void
pause_cb (GtkToggleButton *button, SioaLatencyPage *self)
{
  self->paused = gtk_toggle_button_get_active (button);
  self->paused_at = g_get_monotonic_time ();
  sioa_graph_set_paused (SIOA_GRAPH (self->graph), self->paused);
  update (self, TRUE);
}

static void
table_cb (GtkToggleButton *button, SioaLatencyPage *self)
{
  gtk_stack_set_visible_child_name (self->stack,
                                    gtk_toggle_button_get_active (button) ? "table" : "graph");
  update (self, TRUE);
}

static void
threshold_cb (GtkSpinButton *spin, SioaLatencyPage *self)
{
  double value = gtk_spin_button_get_value (spin);
  double threshold = value > 0 ? value * 1000 : NAN;

  sioa_graph_set_threshold (SIOA_GRAPH (self->graph), threshold);
  sioa_distribution_set_threshold (SIOA_DISTRIBUTION (self->distribution), threshold);
}

static GtkWidget *
make_top (SioaLatencyPage *self)
{
  const char *spans[] = { _ ("10 Minutes"), _ ("2 Hours"), _ ("1 Day"), NULL };
  GtkWidget *flow = gtk_flow_box_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *threshold_box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *drop_down = gtk_drop_down_new_from_strings (spans);
  GtkWidget *pause = gtk_toggle_button_new ();
  GtkWidget *table = gtk_toggle_button_new ();
  GtkWidget *label = gtk_label_new_with_mnemonic (_ ("_Threshold in ms"));
  GtkWidget *spin = gtk_spin_button_new_with_range (0, 60000, 10);

  sioa_access_name_drop_down (drop_down, _ ("Time shown"));
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (span_cb), self);
  gtk_button_set_icon_name (GTK_BUTTON (pause), "media-playback-pause-symbolic");
  sioa_access_set_name (pause, _ ("Pause"));
  g_signal_connect (pause, "toggled", G_CALLBACK (pause_cb), self);
  gtk_button_set_icon_name (GTK_BUTTON (table), "view-list-symbolic");
  sioa_access_set_name (table, _ ("Show as Table"));
  g_signal_connect (table, "toggled", G_CALLBACK (table_cb), self);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), spin);
  gtk_widget_set_tooltip_text (spin, _ ("0: none"));
  g_signal_connect (spin, "value-changed", G_CALLBACK (threshold_cb), self);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), DEFAULT_THRESHOLD_MS);
  self->threshold = spin;
  gtk_box_append (GTK_BOX (box), drop_down);
  gtk_box_append (GTK_BOX (box), pause);
  gtk_box_append (GTK_BOX (box), table);
  gtk_box_append (GTK_BOX (threshold_box), label);
  gtk_box_append (GTK_BOX (threshold_box), spin);
  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 3);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), make_namespaces (self));
  gtk_flow_box_append (GTK_FLOW_BOX (flow), box);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), threshold_box);
  for (int i = 0; i < 3; i++)
    gtk_widget_set_focusable (GTK_WIDGET (gtk_flow_box_get_child_at_index (GTK_FLOW_BOX (flow), i)),
                              FALSE);
  return flow;
}

static GtkWidget *
make_note (SioaLatencyPage *self)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "card");
  gtk_widget_add_css_class (label, "number");
  gtk_widget_hide (label);
  self->note = label;
  return label;
}

/* A card with a heading. */
static GtkWidget *
make_card (const char *title, GtkWidget *child)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "graph-card");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), child);
  sioa_access_follow_stack (box);
  return box;
}

/* @height: of the part that is seen; 0: all of it. */
static GtkWidget *
make_table (
    GListStore *rows, const SioaColumn *columns, guint n_columns, const char *label, int height)
{
  GtkColumnView *view = sioa_columns_make_view (columns, n_columns, label);
  GtkWidget *scroller = gtk_scrolled_window_new ();

  gtk_column_view_set_model (
      view, GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (rows)))));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (view));
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller), height);
  return sioa_tab_stop_new (scroller);
}

/* The columns by which a slow connection is recognised. */
static GtkWidget *
make_slowest (SioaLatencyPage *self)
{
  static const char *const names[] = {
    "id", "namespace", "user", "address", "transport", "latency"
  };
  static SioaColumn columns[G_N_ELEMENTS (names)];

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < SIOA_N_SOCKET_COLUMNS; j++)
      if (g_str_equal (sioa_socket_columns[j].name, names[i]))
        {
          columns[i] = sioa_socket_columns[j];
          columns[i].compare = NULL;
        }
  return make_table (self->slowest, columns, G_N_ELEMENTS (columns), _ ("Slowest connections"),
                     300);
}

static void
sioa_latency_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (sioa_latency_page_parent_class)->map (widget);
  update (SIOA_LATENCY_PAGE (widget), TRUE);
}

static void
sioa_latency_page_dispose (GObject *object)
{
  SioaLatencyPage *self = SIOA_LATENCY_PAGE (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->moments);
  g_clear_object (&self->slowest);
  g_clear_object (&self->events);
  g_clear_object (&self->names);
  g_clear_pointer (&self->nsp, g_free);

  G_OBJECT_CLASS (sioa_latency_page_parent_class)->dispose (object);
}

static void
sioa_latency_page_class_init (SioaLatencyPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_latency_page_dispose;
  GTK_WIDGET_CLASS (klass)->map = sioa_latency_page_map;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_latency_page_set_server;
  SIOA_PAGE_CLASS (klass)->update = sioa_latency_page_update;
  SIOA_PAGE_CLASS (klass)->shows_samples = TRUE;
  SIOA_PAGE_CLASS (klass)->shows_sums = TRUE;
}

static void
sioa_latency_page_init (SioaLatencyPage *self)
{
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);

  self->moments = g_list_store_new (SIOA_TYPE_QUANTILES);
  self->slowest = g_list_store_new (SIOA_TYPE_SOCKET);
  self->events = g_list_store_new (SIOA_TYPE_QUANTILES);
  self->graph = sioa_graph_new (_ ("Latency"), SIOA_UNIT_TIME);
  gtk_widget_set_size_request (self->graph, -1, 240);
  set_lines (self, FALSE);
  self->distribution = sioa_distribution_new (_ ("Distribution of latency"));
  gtk_widget_set_size_request (self->distribution, -1, 180);
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->stack, make_card (_ ("Round trips"), self->graph), "graph");
  gtk_stack_add_named (
      self->stack,
      make_card (_ ("Round trips"), make_table (self->moments, moment_columns,
                                                G_N_ELEMENTS (moment_columns), _ ("Latency"), 240)),
      "table");
  self->slowest_box = make_card (_ ("Slowest connections"), make_slowest (self));
  self->events_box =
      make_card (_ ("Handling of events"),
                 make_table (self->events, event_columns, G_N_ELEMENTS (event_columns),
                             _ ("Handling of events"), 200));
  gtk_widget_add_css_class (box, "page");
  gtk_box_append (GTK_BOX (box), make_top (self));
  gtk_box_append (GTK_BOX (box), make_note (self));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->stack));
  gtk_box_append (GTK_BOX (box), make_card (_ ("Distribution"), self->distribution));
  gtk_box_append (GTK_BOX (box), self->slowest_box);
  gtk_box_append (GTK_BOX (box), self->events_box);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 1600);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
sioa_latency_page_new (void)
{
  return g_object_new (SIOA_TYPE_LATENCY_PAGE, NULL);
}

void
sioa_latency_page_keep (SioaLatencyPage *self, GSettings *settings)
{
  g_settings_bind (settings, "latency-threshold",
                   gtk_spin_button_get_adjustment (GTK_SPIN_BUTTON (self->threshold)), "value",
                   G_SETTINGS_BIND_DEFAULT | G_SETTINGS_BIND_GET_NO_CHANGES);
}

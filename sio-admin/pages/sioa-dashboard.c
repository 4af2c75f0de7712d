/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-dashboard.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "sioa-even-box.h"
#include "sioa-graph.h"

typedef enum
{
  NUMBER_CONNECTIONS,
  NUMBER_POLLING,
  NUMBER_NAMESPACES,
  NUMBER_ROOMS,
  NUMBER_MEMORY,
  NUMBER_UPTIME,
  N_NUMBERS
} Number;

/* What is going on, in numbers and in lines. */
struct _SioaDashboard
{
  SioaPage parent_instance;

  SioaServer *server; /* of SioaPage */
  GtkWidget *scroller;
  GtkWidget *number_boxes[N_NUMBERS];
  GtkWidget *graphs;
  GtkWidget *reasons;
};

G_DEFINE_FINAL_TYPE (SioaDashboard, sioa_dashboard, SIOA_TYPE_PAGE)

static GtkWidget *
make_number (const char *title)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *value = gtk_label_new ("–");
  GtkWidget *label = gtk_label_new (title);

  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "number");
  gtk_widget_add_css_class (value, "title-2");
  gtk_widget_add_css_class (value, "numeric");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (box), value);
  gtk_box_append (GTK_BOX (box), label);
  return box;
}

static void
set_number (SioaDashboard *self, Number number, const char *text)
{
  GtkWidget *box = self->number_boxes[number];
  GtkWidget *value = gtk_widget_get_first_child (box);
  GtkWidget *label = gtk_widget_get_last_child (box);
  g_autofree char *spoken =
      g_strdup_printf ("%s: %s", gtk_label_get_label (GTK_LABEL (label)), text);

  gtk_label_set_label (GTK_LABEL (value), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (box), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
set_value (SioaDashboard *self, Number number, SioaUnit unit, gint64 value)
{
  g_autofree char *text = sioa_unit_format (unit, value == SIOA_UNKNOWN ? NAN : (double) value);

  set_number (self, number, text);
}

static int
compare_reasons (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint64 first = *(guint64 *) g_hash_table_lookup (user_data, *(char **) a);
  guint64 second = *(guint64 *) g_hash_table_lookup (user_data, *(char **) b);

  return (first < second) - (first > second);
}

static void
update_reasons (SioaDashboard *self, SioaSample *sample)
{
  guint n_names;
  g_autofree char **names = (char **) g_hash_table_get_keys_as_array (sample->reasons, &n_names);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->reasons)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->reasons), child);
  g_qsort_with_data (names, (int) n_names, sizeof *names, compare_reasons, sample->reasons);
  for (guint i = 0; i < MIN (n_names, 8); i++)
    {
      GtkWidget *row = adw_action_row_new ();
      const char *name = names[i];
      g_autofree char *count = g_strdup_printf (
          "%" G_GUINT64_FORMAT, *(guint64 *) g_hash_table_lookup (sample->reasons, name));
      GtkWidget *label = gtk_label_new (count);

      /* Servers choose the names. */
      g_object_set (row, "use-markup", FALSE, NULL);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
      gtk_widget_add_css_class (label, "numeric");
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
      gtk_list_box_append (GTK_LIST_BOX (self->reasons), row);
    }
}

static void
update (SioaDashboard *self)
{
  SioaSample *sample = self->server != NULL
                           ? sioa_history_get_sample (sioa_server_get_history (self->server))
                           : NULL;
  g_autoptr (SioaSample) nothing = NULL;
  g_autofree char *uptime = NULL;
  gint64 rooms;

  if (sample == NULL)
    sample = nothing = sioa_sample_new (NULL);
  rooms = sample->rooms;
  if (rooms == SIOA_UNKNOWN && self->server != NULL &&
      (sioa_backend_get_features (sioa_server_get_backend (self->server)) & SIOA_HAS_SOCKETS) != 0)
    rooms = g_list_model_get_n_items (sioa_store_get_rooms (sioa_server_get_store (self->server)));
  set_value (self, NUMBER_CONNECTIONS, SIOA_UNIT_COUNT, sample->connections);
  set_value (self, NUMBER_POLLING, SIOA_UNIT_COUNT, sample->polling);
  set_value (self, NUMBER_NAMESPACES, SIOA_UNIT_COUNT, g_hash_table_size (sample->namespaces));
  set_value (self, NUMBER_ROOMS, SIOA_UNIT_COUNT, rooms);
  set_value (self, NUMBER_MEMORY, SIOA_UNIT_BYTES, sample->memory);
  uptime = sioa_unit_format_duration (
      sample->started_at == SIOA_UNKNOWN ? -1 : g_get_real_time () - sample->started_at);
  set_number (self, NUMBER_UPTIME, uptime);
  update_reasons (self, sample);
}

static void
sioa_dashboard_update (SioaPage *page)
{
  update (SIOA_DASHBOARD (page));
}

static void
sioa_dashboard_set_server (SioaPage *page, SioaServer *server)
{
  SioaDashboard *self = SIOA_DASHBOARD (page);
  GtkFlowBoxChild *child;

  self->server = server;
  for (int i = 0;
       (child = gtk_flow_box_get_child_at_index (GTK_FLOW_BOX (self->graphs), i)) != NULL; i++)
    sioa_graph_set_history (
        SIOA_GRAPH (gtk_widget_get_last_child (gtk_flow_box_child_get_child (child))),
        server != NULL ? sioa_server_get_history (server) : NULL);
  update (self);
}

static SioaGraph *
add_graph (SioaDashboard *self, const char *title, SioaUnit unit)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *label = gtk_label_new (title);
  GtkWidget *graph = sioa_graph_new (title, unit);

  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "graph-card");
  gtk_widget_add_css_class (label, "heading");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_vexpand (graph, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), graph);
  gtk_flow_box_append (GTK_FLOW_BOX (self->graphs), box);
  /* The graph takes the focus, not the frame around it. */
  gtk_widget_set_focusable (gtk_widget_get_parent (box), FALSE);
  return SIOA_GRAPH (graph);
}

static void
add_graphs (SioaDashboard *self)
{
  SioaGraph *graph = add_graph (self, _ ("Connections"), SIOA_UNIT_COUNT);

  sioa_graph_add_value (graph, _ ("All"), SIOA_CONNECTIONS);
  sioa_graph_add_value (graph, _ ("Polling"), SIOA_POLLING);
  graph = add_graph (self, _ ("Messages"), SIOA_UNIT_PER_SECOND);
  sioa_graph_add_value (graph, _ ("Sent"), SIOA_EVENTS_OUT);
  sioa_graph_add_value (graph, _ ("Received"), SIOA_EVENTS_IN);
  graph = add_graph (self, _ ("Data"), SIOA_UNIT_BYTES_PER_SECOND);
  sioa_graph_add_value (graph, _ ("Sent"), SIOA_BYTES_OUT);
  sioa_graph_add_value (graph, _ ("Received"), SIOA_BYTES_IN);
  graph = add_graph (self, _ ("Coming and going"), SIOA_UNIT_PER_SECOND);
  sioa_graph_add_value (graph, _ ("Connected"), SIOA_CONNECTED);
  sioa_graph_add_value (graph, _ ("Disconnected"), SIOA_DISCONNECTED);
  sioa_graph_add_value (graph, _ ("Refused"), SIOA_REFUSED);
  sioa_graph_add_value (graph, _ ("Errors"), SIOA_ERRORS);
  graph = add_graph (self, _ ("Memory"), SIOA_UNIT_BYTES);
  sioa_graph_add_value (graph, _ ("Resident"), SIOA_MEMORY);
  graph = add_graph (self, _ ("Processor"), SIOA_UNIT_PROCESSOR);
  sioa_graph_add_value (graph, _ ("Used"), SIOA_CPU);
}

static GtkWidget *
make_flow (guint max_per_line)
{
  GtkWidget *flow = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_homogeneous (GTK_FLOW_BOX (flow), TRUE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), max_per_line);
  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (flow), 12);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), 12);
  return flow;
}

static void
sioa_dashboard_dispose (GObject *object)
{
  SioaDashboard *self = SIOA_DASHBOARD (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_dashboard_parent_class)->dispose (object);
}

static void
sioa_dashboard_class_init (SioaDashboardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_dashboard_dispose;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_dashboard_set_server;
  SIOA_PAGE_CLASS (klass)->update = sioa_dashboard_update;
  SIOA_PAGE_CLASS (klass)->shows_samples = TRUE;
}

static void
sioa_dashboard_init (SioaDashboard *self)
{
  const char *titles[N_NUMBERS] = { _ ("Connections"), _ ("Polling"), _ ("Namespaces"),
                                    _ ("Rooms"),       _ ("Memory"),  _ ("Up for") };
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *numbers = sioa_even_box_new (12);
  GtkWidget *heading = gtk_label_new (_ ("Disconnected because of"));
  GtkWidget *none = gtk_label_new (_ ("Nobody has left yet"));

  self->scroller = gtk_scrolled_window_new ();
  self->graphs = make_flow (3);
  self->reasons = gtk_list_box_new ();
  for (guint i = 0; i < N_NUMBERS; i++)
    {
      self->number_boxes[i] = make_number (titles[i]);
      sioa_even_box_append (SIOA_EVEN_BOX (numbers), self->number_boxes[i]);
    }
  add_graphs (self);
  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_widget_add_css_class (heading, "heading");
  gtk_widget_add_css_class (none, "dim-label");
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->reasons), none);
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->reasons), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->reasons, "boxed-list");
  gtk_widget_add_css_class (box, "page");
  gtk_box_append (GTK_BOX (box), numbers);
  gtk_box_append (GTK_BOX (box), self->graphs);
  gtk_box_append (GTK_BOX (box), heading);
  gtk_box_append (GTK_BOX (box), self->reasons);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 1600);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
sioa_dashboard_new (void)
{
  return g_object_new (SIOA_TYPE_DASHBOARD, NULL);
}

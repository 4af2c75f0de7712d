/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-dashboard.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "sioa-even-box.h"
#include "sioa-graph.h"
#include "sioa-member-list.h"
#include "sioa-sum.h"

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

static const char *const number_titles[N_NUMBERS] = { N_ ("Connections"), N_ ("Polling"),
                                                      N_ ("Namespaces"),  N_ ("Rooms"),
                                                      N_ ("Memory"),      N_ ("Up for") };

static const struct
{
  const char *title;
  SioaUnit unit;
  struct
  {
    const char *name; /* NULL after the last one */
    SioaValue value;
  } lines[5];
} graphs[] = {
  { N_ ("Connections"),
    SIOA_UNIT_COUNT,
    { { N_ ("All"), SIOA_CONNECTIONS }, { N_ ("Polling"), SIOA_POLLING } } },
  { N_ ("Messages"),
    SIOA_UNIT_PER_SECOND,
    { { N_ ("Sent"), SIOA_EVENTS_OUT }, { N_ ("Received"), SIOA_EVENTS_IN } } },
  { N_ ("Data"),
    SIOA_UNIT_BYTES_PER_SECOND,
    { { N_ ("Sent"), SIOA_BYTES_OUT }, { N_ ("Received"), SIOA_BYTES_IN } } },
  { N_ ("Coming and going"),
    SIOA_UNIT_PER_SECOND,
    { { N_ ("Connected"), SIOA_CONNECTED },
      { N_ ("Disconnected"), SIOA_DISCONNECTED },
      { N_ ("Refused"), SIOA_REFUSED },
      { N_ ("Errors"), SIOA_ERRORS } } },
  { N_ ("Memory"), SIOA_UNIT_BYTES, { { N_ ("Resident"), SIOA_MEMORY } } },
  { N_ ("Processor"), SIOA_UNIT_PROCESSOR, { { N_ ("Used"), SIOA_CPU } } },
};

/* What is going on, in numbers and in lines. */
struct _SioaDashboard
{
  SioaPage parent_instance;

  SioaServer *server; /* of SioaPage */
  GtkWidget *scroller;
  GtkWidget *member_list; /* of a sum */
  GtkWidget *number_boxes[N_NUMBERS];
  GtkWidget *graphs;
  GtkWidget *reasons;
  char *shown_reasons;
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

/* Sums of which some servers do not tell their part say so. */
static void
set_title (SioaDashboard *self, GtkWidget *label, const char *title, SioaValue value)
{
  SioaSum *sum = sioa_sum_of (self->server);
  guint n_counted = 0;
  guint n_known = sum != NULL ? sioa_sum_count_known (sum, value, &n_counted) : 0;
  g_autofree char *text =
      n_known < n_counted
          /* TRANSLATORS: what is summed up, and how many servers tell of it */
          ? g_strdup_printf (_ ("%s (%u of %u servers)"), title, n_known, n_counted)
          : g_strdup (title);

  gtk_label_set_label (GTK_LABEL (label), text);
  gtk_widget_set_tooltip_text (label, n_known < n_counted ? text : NULL);
}

static void
update_titles (SioaDashboard *self)
{
  static const struct
  {
    Number number;
    SioaValue value;
  } numbers[] = { { NUMBER_CONNECTIONS, SIOA_CONNECTIONS },
                  { NUMBER_POLLING, SIOA_POLLING },
                  { NUMBER_ROOMS, SIOA_ROOMS },
                  { NUMBER_MEMORY, SIOA_MEMORY } };
  GtkFlowBoxChild *child;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    set_title (self, gtk_widget_get_last_child (self->number_boxes[numbers[i].number]),
               _ (number_titles[numbers[i].number]), numbers[i].value);
  for (int i = 0;
       (child = gtk_flow_box_get_child_at_index (GTK_FLOW_BOX (self->graphs), i)) != NULL; i++)
    set_title (self, gtk_widget_get_first_child (gtk_flow_box_child_get_child (child)),
               _ (graphs[i].title), graphs[i].lines[0].value);
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
  g_autoptr (GString) shown = g_string_new (NULL);
  GtkListBoxRow *old;

  g_qsort_with_data (names, (int) n_names, sizeof *names, compare_reasons, sample->reasons);
  for (guint i = 0; i < n_names; i++)
    g_string_append_printf (shown, "%s\n%" G_GUINT64_FORMAT "\n", names[i],
                            *(guint64 *) g_hash_table_lookup (sample->reasons, names[i]));
  /* Somebody may be about to read them, with the focus on one. */
  if (g_strcmp0 (shown->str, self->shown_reasons) == 0)
    return;
  g_free (self->shown_reasons);
  self->shown_reasons = g_strdup (shown->str);
  while ((old = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->reasons), 0)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->reasons), GTK_WIDGET (old));
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

/* Servers did not begin together: of a sum it is shown how many they are. */
static void
update_uptime (SioaDashboard *self, SioaSample *sample)
{
  SioaSum *sum = sioa_sum_of (self->server);
  GtkWidget *title = gtk_widget_get_last_child (self->number_boxes[NUMBER_UPTIME]);
  g_autofree char *text = NULL;
  guint n_counted;

  if (sum != NULL)
    {
      sioa_sum_count_known (sum, SIOA_CONNECTIONS, &n_counted);
      /* TRANSLATORS: so many servers of all */
      text = g_strdup_printf (_ ("%u of %u"), n_counted,
                              g_list_model_get_n_items (sioa_sum_get_servers (sum)));
    }
  else
    text = sioa_unit_format_duration (
        sample->started_at == SIOA_UNKNOWN ? -1 : g_get_real_time () - sample->started_at);
  gtk_label_set_label (GTK_LABEL (title),
                       sum != NULL ? _ ("Servers") : _ (number_titles[NUMBER_UPTIME]));
  set_number (self, NUMBER_UPTIME, text);
}

static void
update (SioaDashboard *self)
{
  SioaSample *sample = self->server != NULL
                           ? sioa_history_get_sample (sioa_server_get_history (self->server))
                           : NULL;
  g_autoptr (SioaSample) nothing = NULL;
  gint64 rooms = self->server != NULL ? sioa_server_count_rooms (self->server) : SIOA_UNKNOWN;

  if (sample == NULL)
    sample = nothing = sioa_sample_new (NULL);
  set_value (self, NUMBER_CONNECTIONS, SIOA_UNIT_COUNT, sample->connections);
  set_value (self, NUMBER_POLLING, SIOA_UNIT_COUNT, sample->polling);
  set_value (self, NUMBER_NAMESPACES, SIOA_UNIT_COUNT, g_hash_table_size (sample->namespaces));
  set_value (self, NUMBER_ROOMS, SIOA_UNIT_COUNT, rooms);
  set_value (self, NUMBER_MEMORY, SIOA_UNIT_BYTES, sample->memory);
  update_uptime (self, sample);
  update_titles (self);
  sioa_member_list_update (SIOA_MEMBER_LIST (self->member_list));
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
  sioa_member_list_set_sum (SIOA_MEMBER_LIST (self->member_list), sioa_sum_of (server));
  update (self);
}

static void
add_graph (SioaDashboard *self, guint i)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *label = gtk_label_new (_ (graphs[i].title));
  GtkWidget *graph = sioa_graph_new (_ (graphs[i].title), graphs[i].unit);

  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "graph-card");
  gtk_widget_add_css_class (label, "heading");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_vexpand (graph, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), graph);
  gtk_flow_box_append (GTK_FLOW_BOX (self->graphs), box);
  /* The graph takes the focus, not the frame around it. */
  gtk_widget_set_focusable (gtk_widget_get_parent (box), FALSE);
  for (guint j = 0; graphs[i].lines[j].name != NULL; j++)
    sioa_graph_add_value (SIOA_GRAPH (graph), _ (graphs[i].lines[j].name),
                          graphs[i].lines[j].value);
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
  g_clear_pointer (&self->shown_reasons, g_free);

  G_OBJECT_CLASS (sioa_dashboard_parent_class)->dispose (object);
}

static void
sioa_dashboard_class_init (SioaDashboardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_dashboard_dispose;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_dashboard_set_server;
  SIOA_PAGE_CLASS (klass)->update = sioa_dashboard_update;
  SIOA_PAGE_CLASS (klass)->shows_samples = TRUE;
  SIOA_PAGE_CLASS (klass)->shows_sums = TRUE;
}

static void
sioa_dashboard_init (SioaDashboard *self)
{
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
      self->number_boxes[i] = make_number (_ (number_titles[i]));
      sioa_even_box_append (SIOA_EVEN_BOX (numbers), self->number_boxes[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (graphs); i++)
    add_graph (self, i);
  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_widget_add_css_class (heading, "heading");
  gtk_widget_add_css_class (none, "dim-label");
  gtk_list_box_set_placeholder (GTK_LIST_BOX (self->reasons), none);
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->reasons), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->reasons, "boxed-list");
  gtk_widget_add_css_class (box, "page");
  gtk_box_append (GTK_BOX (box), numbers);
  self->member_list = sioa_member_list_new ();
  gtk_box_append (GTK_BOX (box), self->member_list);
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

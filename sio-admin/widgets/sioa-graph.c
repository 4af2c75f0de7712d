/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-graph.h"

#include <glib/gi18n.h>
#include <math.h>

#include "sioa-palette.h"

#define MAX_LINES SIOA_N_COLORS
#define N_GRID 4
#define MARGIN 6
#define NO_CURSOR G_MAXUINT

typedef struct
{
  char *name;
  SioaValue value;
  double quantile; /* NAN: a value */
} Line;

struct _SioaGraph
{
  GtkWidget parent_instance;

  char *title;
  SioaUnit unit;
  Line lines[MAX_LINES];
  guint n_lines;
  double threshold;
  SioaHistory *history;
  SioaSpan span;
  gboolean paused;
  gint64 paused_at;
  gint64 fixed_now;
  guint cursor; /* age */
  double top;   /* of the axis: does not jump with each second */
  guint source_id;
  guint n_draws;
};

G_DEFINE_FINAL_TYPE (SioaGraph, sioa_graph, GTK_TYPE_WIDGET)

static gint64
get_now (SioaGraph *self)
{
  if (self->fixed_now != 0)
    return self->fixed_now;
  return self->paused ? self->paused_at : g_get_monotonic_time ();
}

double
sioa_graph_get_point (SioaGraph *self, guint line, guint age)
{
  const SioaMoment *moment;

  if (self->history == NULL)
    return NAN;
  moment = sioa_history_get (self->history, self->span, get_now (self), age);
  if (!isnan (self->lines[line].quantile))
    return sioa_moment_get_quantile (moment, self->lines[line].quantile);
  return sioa_moment_get_rate (moment, self->span, self->lines[line].value);
}

/* Servers whose part is missing in a sum at that age. */
static guint
get_missing (SioaGraph *self, guint age)
{
  const SioaMoment *moment = self->history != NULL
                                 ? sioa_history_get (self->history, self->span, get_now (self), age)
                                 : NULL;

  return moment != NULL ? moment->n_missing : 0;
}

/* The newest moment about which anything is known: the present one is not over yet. */
static guint
newest_age (SioaGraph *self)
{
  for (guint age = 0; age < 10; age++)
    for (guint i = 0; i < self->n_lines; i++)
      if (!isnan (sioa_graph_get_point (self, i, age)))
        return age;
  return 0;
}

char *
sioa_graph_describe (SioaGraph *self)
{
  guint age = self->cursor != NO_CURSOR ? self->cursor : newest_age (self);
  g_autofree char *ago = sioa_unit_format_duration (
      (gint64) age * sioa_history_get_step (self->span) * G_USEC_PER_SEC);
  GString *text = g_string_new (NULL);

  if (self->cursor != NO_CURSOR)
    /* TRANSLATORS: a time, such as "5 min 3 s" */
    g_string_append_printf (text, _ ("%s ago: "), ago);
  for (guint i = 0; i < self->n_lines; i++)
    {
      g_autofree char *value = sioa_unit_format (self->unit, sioa_graph_get_point (self, i, age));

      g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", self->lines[i].name, value);
    }
  if (get_missing (self, age) > 0)
    g_string_append_printf (
        text, ngettext (", without %u server", ", without %u servers", get_missing (self, age)),
        get_missing (self, age));
  return g_string_free (text, FALSE);
}

static void
update_accessible (SioaGraph *self)
{
  g_autofree char *values = sioa_graph_describe (self);
  g_autofree char *threshold =
      isnan (self->threshold) ? NULL : sioa_unit_format (self->unit, self->threshold);
  /* TRANSLATORS: values, and the threshold above which they are too high */
  g_autofree char *text =
      threshold != NULL ? g_strdup_printf (_ ("%s; threshold %s"), values, threshold) : NULL;

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text != NULL ? text : values, -1);
}

/* The axis grows at once, and shrinks only when less than a third of it is used. */
static double
find_top (SioaGraph *self, guint n_ages)
{
  double most = 0;
  double top;

  for (guint i = 0; i < self->n_lines; i++)
    for (guint age = 0; age < n_ages; age++)
      {
        double value = sioa_graph_get_point (self, i, age);

        if (!isnan (value))
          most = MAX (most, value);
      }
  /* One far above all values would press them to the ground: it is out of sight then. */
  if (!isnan (self->threshold) && self->threshold <= 4 * most)
    most = MAX (most, self->threshold);
  top = sioa_unit_ceiling (self->unit, most);
  if (top > self->top || most < self->top / 3)
    self->top = top;
  return self->top;
}

static void
draw_text (GtkWidget *widget,
           GtkSnapshot *snapshot,
           PangoLayout *layout,
           float x,
           float y,
           const GdkRGBA *color)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x, y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

/* Grid and the axis. Returns where the area of the lines begins. */
static void
draw_grid (SioaGraph *self,
           GtkSnapshot *snapshot,
           const graphene_rect_t *area,
           double top,
           const GdkRGBA *color)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GdkRGBA faint = *color;
  GdkRGBA text = *color;

  faint.alpha *= 0.12f;
  text.alpha *= 0.7f;
  for (guint i = 0; i <= N_GRID; i++)
    {
      float y = floorf (area->origin.y + area->size.height * (float) i / N_GRID);
      g_autofree char *label = sioa_unit_format (self->unit, top * (N_GRID - i) / N_GRID);
      g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, label);
      int width, height;

      gtk_snapshot_append_color (snapshot, &faint,
                                 &GRAPHENE_RECT_INIT (area->origin.x, y, area->size.width, 1));
      /* Every second one is enough. */
      if (i % 2 != 0)
        continue;
      pango_layout_get_pixel_size (layout, &width, &height);
      draw_text (widget, snapshot, layout, area->origin.x - (float) width - MARGIN,
                 MAX (0, y - (float) height / 2), &text);
    }
}

static float
x_of (const graphene_rect_t *area, guint n_ages, double age)
{
  return area->origin.x + area->size.width * (float) (1 - age / (n_ages - 1));
}

static float
y_of (const graphene_rect_t *area, double top, double value)
{
  return area->origin.y + area->size.height * (float) (1 - MIN (1, value / top));
}

/* More points than pixels would cost time and show nothing: of those of one pixel, the greatest. */
static void
draw_line (SioaGraph *self, cairo_t *cr, const graphene_rect_t *area, guint line, double top)
{
  static const double dashes[MAX_LINES][2] = { { 1, 0 }, { 6, 3 }, { 2, 2 }, { 9, 2 } };
  guint n_ages = sioa_history_get_length (self->span);
  guint each = MAX (1, n_ages / MAX (1, (guint) area->size.width));
  GdkRGBA color;
  gboolean drawing = FALSE;

  sioa_palette_get (GTK_WIDGET (self), line, &color);
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  if (line > 0)
    cairo_set_dash (cr, dashes[line], 2, 0);
  else
    cairo_set_dash (cr, NULL, 0, 0);
  for (guint age = 0; age < n_ages; age += each)
    {
      double value = NAN;
      float x = x_of (area, n_ages, age);

      for (guint i = age; i < MIN (age + each, n_ages); i++)
        value = fmax (value, sioa_graph_get_point (self, line, i));
      /* A gap is a gap. */
      if (isnan (value))
        {
          drawing = FALSE;
          continue;
        }
      if (drawing)
        cairo_line_to (cr, x, y_of (area, top, value));
      else
        {
          /* One alone is a dot. */
          cairo_move_to (cr, x + 0.5f, y_of (area, top, value));
          cairo_line_to (cr, x, y_of (area, top, value));
        }
      drawing = TRUE;
    }
  cairo_stroke (cr);
}

/* A bar at the bottom, where a sum is not that of all servers. */
static void
draw_missing (SioaGraph *self, GtkSnapshot *snapshot, const graphene_rect_t *area)
{
  guint n_ages = sioa_history_get_length (self->span);
  GdkRGBA color;

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self)),
                                       "warning_color", &color))
    return;
  for (guint age = 0; age < n_ages; age++)
    {
      guint first = age;

      while (age < n_ages && get_missing (self, age) > 0)
        age++;
      if (age > first)
        gtk_snapshot_append_color (
            snapshot, &color,
            &GRAPHENE_RECT_INIT (
                x_of (area, n_ages, MIN (age, n_ages - 1)), area->origin.y + area->size.height + 2,
                MAX (1, area->size.width * (float) (age - first) / (float) (n_ages - 1)), 3));
    }
}

/* In as many lines as it takes. @snapshot NULL: only to know how high it is. */
static float
draw_legend (SioaGraph *self, GtkSnapshot *snapshot, const GdkRGBA *color)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float width = (float) gtk_widget_get_width (widget);
  guint age = self->cursor != NO_CURSOR ? self->cursor : newest_age (self);
  float x = 0;
  float y = 0;
  int height = 0;

  for (guint i = 0; i < self->n_lines; i++)
    {
      g_autofree char *value = sioa_unit_format (self->unit, sioa_graph_get_point (self, i, age));
      g_autofree char *text = g_strdup_printf ("%s  %s", self->lines[i].name, value);
      g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, text);
      int text_width;
      GdkRGBA mark;

      pango_layout_get_pixel_size (layout, &text_width, &height);
      if (x > 0 && x + 18 + (float) text_width > width)
        {
          x = 0;
          y += (float) height;
        }
      if (snapshot != NULL)
        {
          sioa_palette_get (widget, i, &mark);
          gtk_snapshot_append_color (
              snapshot, &mark, &GRAPHENE_RECT_INIT (x, y + floorf ((float) height / 2) - 1, 12, 3));
          draw_text (widget, snapshot, layout, x + 18, y, color);
        }
      x += 18 + (float) text_width + 18;
    }
  return y + (float) height;
}

static void
get_area (SioaGraph *self, double top, graphene_rect_t *area)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autofree char *label = sioa_unit_format (self->unit, top);
  g_autofree char *middle = sioa_unit_format (self->unit, top / 2);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, label);
  float legend = draw_legend (self, NULL, NULL);
  int width, half_width;
  float left;

  pango_layout_get_pixel_size (layout, &width, NULL);
  pango_layout_set_text (layout, middle, -1);
  pango_layout_get_pixel_size (layout, &half_width, NULL);
  left = (float) MAX (width, half_width) + MARGIN;
  graphene_rect_init (area, left, legend + 2 * MARGIN,
                      MAX (1, (float) gtk_widget_get_width (widget) - left - 1),
                      MAX (1, (float) gtk_widget_get_height (widget) - legend - 4 * MARGIN));
}

static void
sioa_graph_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SioaGraph *self = SIOA_GRAPH (widget);
  guint n_ages = sioa_history_get_length (self->span);
  double top = find_top (self, n_ages);
  graphene_rect_t area;
  GdkRGBA color;
  cairo_t *cr;

  self->n_draws++;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  get_area (self, top, &area);
  draw_legend (self, snapshot, &color);
  draw_grid (self, snapshot, &area, top, &color);
  cr = gtk_snapshot_append_cairo (snapshot, &area);
  for (guint i = self->n_lines; i-- > 0;)
    draw_line (self, cr, &area, i, top);
  cairo_destroy (cr);
  draw_missing (self, snapshot, &area);
  if (!isnan (self->threshold) && self->threshold <= top)
    {
      GdkRGBA red;
      float y = floorf (y_of (&area, top, self->threshold));

      if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), "error_color",
                                           &red))
        red = color;
      for (float x = area.origin.x; x < area.origin.x + area.size.width; x += 8)
        gtk_snapshot_append_color (snapshot, &red, &GRAPHENE_RECT_INIT (x, y, 4, 1));
    }
  if (self->cursor != NO_CURSOR)
    gtk_snapshot_append_color (snapshot, &color,
                               &GRAPHENE_RECT_INIT (floorf (x_of (&area, n_ages, self->cursor)),
                                                    area.origin.y, 1, area.size.height));
  if (gtk_widget_has_visible_focus (widget))
    gtk_snapshot_render_focus (snapshot, gtk_widget_get_style_context (widget), 0, 0,
                               gtk_widget_get_width (widget), gtk_widget_get_height (widget));
}

static gboolean
second_cb (gpointer user_data)
{
  SioaGraph *self = user_data;

  if (!self->paused)
    {
      gtk_widget_queue_draw (GTK_WIDGET (self));
      update_accessible (self);
    }
  return G_SOURCE_CONTINUE;
}

static void
sioa_graph_map (GtkWidget *widget)
{
  SioaGraph *self = SIOA_GRAPH (widget);

  GTK_WIDGET_CLASS (sioa_graph_parent_class)->map (widget);
  /* Readers are told no more often than they can follow. */
  if (self->source_id == 0)
    self->source_id =
        g_timeout_add_seconds (sioa_history_get_step (self->span) > 1 ? 5 : 1, second_cb, self);
  update_accessible (self);
}

static void
sioa_graph_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&SIOA_GRAPH (widget)->source_id, g_source_remove);
  GTK_WIDGET_CLASS (sioa_graph_parent_class)->unmap (widget);
}

static void
sioa_graph_measure (GtkWidget *widget,
                    GtkOrientation orientation,
                    int for_size,
                    int *minimum,
                    int *natural,
                    int *minimum_baseline,
                    int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 120;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 280 : 180;
}

static void
set_cursor (SioaGraph *self, guint cursor)
{
  if (cursor == self->cursor)
    return;
  self->cursor = cursor;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  update_accessible (self);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint keyval,
        guint keycode,
        GdkModifierType state,
        SioaGraph *self)
{
  guint last = sioa_history_get_length (self->span) - 1;
  guint cursor = self->cursor != NO_CURSOR ? self->cursor : newest_age (self);
  guint step = (state & GDK_CONTROL_MASK) != 0 ? 10 : 1;

  /* Time goes from left to right whatever the language. */
  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      set_cursor (self, MIN (last, cursor + step));
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      set_cursor (self, cursor > step ? cursor - step : 0);
      return TRUE;
    case GDK_KEY_Home:
      set_cursor (self, last);
      return TRUE;
    case GDK_KEY_End:
      set_cursor (self, 0);
      return TRUE;
    case GDK_KEY_Escape:
      if (self->cursor == NO_CURSOR)
        return FALSE;
      set_cursor (self, NO_CURSOR);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, SioaGraph *self)
{
  guint n_ages = sioa_history_get_length (self->span);
  graphene_rect_t area;
  double age;

  get_area (self, self->top, &area);
  age = (1 - (x - area.origin.x) / area.size.width) * (n_ages - 1);
  set_cursor (self, age >= 0 && age <= n_ages - 1 ? (guint) round (age) : NO_CURSOR);
}

static void
leave_cb (GtkEventControllerMotion *controller, SioaGraph *self)
{
  set_cursor (self, NO_CURSOR);
}

static void
sioa_graph_dispose (GObject *object)
{
  SioaGraph *self = SIOA_GRAPH (object);

  g_clear_handle_id (&self->source_id, g_source_remove);
  g_clear_object (&self->history);

  G_OBJECT_CLASS (sioa_graph_parent_class)->dispose (object);
}

static void
sioa_graph_finalize (GObject *object)
{
  SioaGraph *self = SIOA_GRAPH (object);

  g_free (self->title);
  for (guint i = 0; i < self->n_lines; i++)
    g_free (self->lines[i].name);

  G_OBJECT_CLASS (sioa_graph_parent_class)->finalize (object);
}

static void
sioa_graph_class_init (SioaGraphClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = sioa_graph_dispose;
  object_class->finalize = sioa_graph_finalize;
  widget_class->snapshot = sioa_graph_snapshot;
  widget_class->measure = sioa_graph_measure;
  widget_class->map = sioa_graph_map;
  widget_class->unmap = sioa_graph_unmap;
  gtk_widget_class_set_css_name (widget_class, "graph");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
sioa_graph_init (SioaGraph *self)
{
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  self->threshold = NAN;
  self->cursor = NO_CURSOR;
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
}

GtkWidget *
sioa_graph_new (const char *title, SioaUnit unit)
{
  SioaGraph *self = g_object_new (SIOA_TYPE_GRAPH, NULL);

  self->title = g_strdup (title);
  self->unit = unit;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return GTK_WIDGET (self);
}

static Line *
add_line (SioaGraph *self, const char *name)
{
  Line *line = &self->lines[self->n_lines];

  g_assert (self->n_lines < MAX_LINES);
  self->n_lines++;
  line->name = g_strdup (name);
  line->quantile = NAN;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return line;
}

void
sioa_graph_add_value (SioaGraph *self, const char *name, SioaValue value)
{
  add_line (self, name)->value = value;
}

void
sioa_graph_add_quantile (SioaGraph *self, const char *name, double quantile)
{
  add_line (self, name)->quantile = quantile;
}

void
sioa_graph_remove_lines (SioaGraph *self)
{
  for (guint i = 0; i < self->n_lines; i++)
    g_clear_pointer (&self->lines[i].name, g_free);
  self->n_lines = 0;
  self->top = 0;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
sioa_graph_set_cursor (SioaGraph *self, guint age)
{
  set_cursor (self,
              age == G_MAXUINT ? NO_CURSOR : MIN (age, sioa_history_get_length (self->span) - 1));
}

void
sioa_graph_set_threshold (SioaGraph *self, double value)
{
  self->threshold = value;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  update_accessible (self);
}

void
sioa_graph_set_history (SioaGraph *self, SioaHistory *history)
{
  if (!g_set_object (&self->history, history))
    return;
  self->top = 0;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
sioa_graph_set_span (SioaGraph *self, SioaSpan span)
{
  self->span = span;
  self->top = 0;
  self->cursor = NO_CURSOR;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
sioa_graph_set_paused (SioaGraph *self, gboolean paused)
{
  self->paused = paused;
  self->paused_at = g_get_monotonic_time ();
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
sioa_graph_set_now (SioaGraph *self, gint64 now)
{
  self->fixed_now = now;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
sioa_graph_get_n_lines (SioaGraph *self)
{
  return self->n_lines;
}

const char *
sioa_graph_get_line_name (SioaGraph *self, guint line)
{
  return self->lines[line].name;
}

guint
sioa_graph_get_n_draws (SioaGraph *self)
{
  return self->n_draws;
}

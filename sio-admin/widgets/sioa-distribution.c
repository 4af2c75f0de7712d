/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-distribution.h"

#include <glib/gi18n.h>
#include <math.h>

#include "sioa-palette.h"
#include "sioa-unit.h"

#define NO_CURSOR G_MAXUINT
#define MARGIN 6
#define MIN_SHOWN 8 /* buckets: a few broad bars look like a mistake */

struct _SioaDistribution
{
  GtkWidget parent_instance;

  double buckets[SIOA_N_BUCKETS];
  double total;
  double threshold;
  guint cursor;
  guint n_draws;
};

G_DEFINE_FINAL_TYPE (SioaDistribution, sioa_distribution, GTK_TYPE_WIDGET)

char *
sioa_distribution_describe_bucket (guint bucket)
{
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;

  if (bucket > 0)
    low = sioa_unit_format (SIOA_UNIT_TIME, (double) sioa_bucket_bounds[bucket - 1]);
  if (bucket < SIOA_N_BUCKETS - 1)
    high = sioa_unit_format (SIOA_UNIT_TIME, (double) sioa_bucket_bounds[bucket]);
  if (high == NULL)
    /* TRANSLATORS: a time */
    return g_strdup_printf (_ ("more than %s"), low);
  if (low == NULL)
    /* TRANSLATORS: a time */
    return g_strdup_printf (_ ("up to %s"), high);
  /* TRANSLATORS: from a time to another */
  return g_strdup_printf (_ ("%s to %s"), low, high);
}

char *
sioa_distribution_describe (SioaDistribution *self)
{
  g_autofree char *bucket = NULL;
  g_autofree char *count = NULL;
  guint chosen = 0;

  if (self->total <= 0)
    return g_strdup (_ ("Nothing measured"));
  if (self->cursor != NO_CURSOR)
    chosen = self->cursor;
  else
    for (guint i = 1; i < SIOA_N_BUCKETS; i++)
      if (self->buckets[i] > self->buckets[chosen])
        chosen = i;
  bucket = sioa_distribution_describe_bucket (chosen);
  count = sioa_unit_format (SIOA_UNIT_COUNT, round (self->buckets[chosen]));
  if (self->cursor == NO_CURSOR)
    /* TRANSLATORS: a span of times, and a share in percent */
    return g_strdup_printf (_ ("Most often %s: %.1f %%"), bucket,
                            100 * self->buckets[chosen] / self->total);
  /* TRANSLATORS: a span of times, how many, and their share in percent */
  return g_strdup_printf (_ ("%s: %s, %.1f %%"), bucket, count,
                          100 * self->buckets[chosen] / self->total);
}

static void
changed (SioaDistribution *self)
{
  g_autofree char *text = NULL;

  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  text = sioa_distribution_describe (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

/* Buckets that are worth a place. */
static void
find_range (SioaDistribution *self, guint *first, guint *n)
{
  guint low = 0;
  guint high = SIOA_N_BUCKETS - 1;

  while (low < high && self->buckets[low] <= 0)
    low++;
  while (high > low && self->buckets[high] <= 0)
    high--;
  if (low > 0)
    low--;
  high = MIN (high + 1, SIOA_N_BUCKETS - 1);
  while (high - low + 1 < MIN_SHOWN)
    if (high < SIOA_N_BUCKETS - 1)
      high++;
    else
      low--;
  *first = low;
  *n = high - low + 1;
}

static void
draw_label (SioaDistribution *self,
            GtkSnapshot *snapshot,
            const char *text,
            float x,
            float y,
            float align,
            const GdkRGBA *color)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  x = CLAMP (x - align * (float) width, 0,
             MAX (0, (float) (gtk_widget_get_width (GTK_WIDGET (self)) - width)));
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x, y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

static int
get_line_height (SioaDistribution *self)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "0");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

static void
sioa_distribution_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SioaDistribution *self = SIOA_DISTRIBUTION (widget);
  g_autofree char *text = sioa_distribution_describe (self);
  float line = (float) get_line_height (self);
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget) - 2 * (line + MARGIN);
  float bar, label_end = -1;
  double most = 0;
  guint first, n;
  GdkRGBA color, dim, normal, slow;

  self->n_draws++;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  dim = color;
  dim.alpha *= 0.7f;
  sioa_palette_get (widget, 0, &normal);
  sioa_palette_get (widget, 1, &slow);
  find_range (self, &first, &n);
  bar = width / (float) n;
  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    most = MAX (most, self->buckets[i]);
  draw_label (self, snapshot, text, 0, 0, 0, &color);
  for (guint i = 0; i < n; i++)
    {
      guint bucket = first + i;
      float x = floorf ((float) i * bar);
      float part = most > 0 ? (float) (self->buckets[bucket] / most) * (height - 1) : 0;
      gboolean beyond = !isnan (self->threshold) && bucket > 0 &&
                        (double) sioa_bucket_bounds[bucket - 1] >= self->threshold;
      g_autofree char *bound = NULL;

      /* Whatever there is can be seen. */
      if (self->buckets[bucket] > 0)
        part = MAX (part, 1);
      if (bucket == self->cursor)
        {
          GdkRGBA faint = color;

          faint.alpha *= 0.12f;
          gtk_snapshot_append_color (snapshot, &faint,
                                     &GRAPHENE_RECT_INIT (x, line + MARGIN, bar, height));
        }
      gtk_snapshot_append_color (snapshot, beyond ? &slow : &normal,
                                 &GRAPHENE_RECT_INIT (x + 1, line + MARGIN + height - ceilf (part),
                                                      MAX (1, bar - 2), ceilf (part)));
      if (bucket >= SIOA_N_BUCKETS - 1 || x + bar / 2 < label_end)
        continue;
      bound = sioa_unit_format (SIOA_UNIT_TIME, (double) sioa_bucket_bounds[bucket]);
      draw_label (self, snapshot, bound, x + bar, line + 2 * MARGIN + height, 0.5f, &dim);
      label_end = x + bar + 72;
    }
  color.alpha *= 0.3f;
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT (0, floorf (line + MARGIN + height), width, 1));
  if (gtk_widget_has_visible_focus (widget))
    gtk_snapshot_render_focus (snapshot, gtk_widget_get_style_context (widget), 0, 0, width,
                               gtk_widget_get_height (widget));
}

static void
sioa_distribution_measure (GtkWidget *widget,
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
sioa_distribution_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (sioa_distribution_parent_class)->map (widget);
  changed (SIOA_DISTRIBUTION (widget));
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint keyval,
        guint keycode,
        GdkModifierType state,
        SioaDistribution *self)
{
  guint first, n, cursor;

  find_range (self, &first, &n);
  cursor = self->cursor != NO_CURSOR ? CLAMP (self->cursor, first, first + n - 1) : first;
  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      sioa_distribution_set_cursor (self, self->cursor == NO_CURSOR ? first + n - 1
                                          : cursor > first          ? cursor - 1
                                                                    : first);
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      sioa_distribution_set_cursor (
          self, self->cursor == NO_CURSOR ? first : MIN (cursor + 1, first + n - 1));
      return TRUE;
    case GDK_KEY_Home:
      sioa_distribution_set_cursor (self, first);
      return TRUE;
    case GDK_KEY_End:
      sioa_distribution_set_cursor (self, first + n - 1);
      return TRUE;
    case GDK_KEY_Escape:
      if (self->cursor == NO_CURSOR)
        return FALSE;
      sioa_distribution_set_cursor (self, NO_CURSOR);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, SioaDistribution *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  guint first, n;

  find_range (self, &first, &n);
  if (x >= 0 && x < width)
    sioa_distribution_set_cursor (self, first + (guint) (x * n / width));
}

static void
leave_cb (GtkEventControllerMotion *controller, SioaDistribution *self)
{
  sioa_distribution_set_cursor (self, NO_CURSOR);
}

static void
sioa_distribution_class_init (SioaDistributionClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = sioa_distribution_snapshot;
  widget_class->measure = sioa_distribution_measure;
  widget_class->map = sioa_distribution_map;
  gtk_widget_class_set_css_name (widget_class, "graph");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
sioa_distribution_init (SioaDistribution *self)
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
sioa_distribution_new (const char *title)
{
  GtkWidget *self = g_object_new (SIOA_TYPE_DISTRIBUTION, NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return self;
}

void
sioa_distribution_set_buckets (SioaDistribution *self, const double *buckets)
{
  self->total = 0;
  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    {
      self->buckets[i] = buckets[i];
      self->total += buckets[i];
    }
  changed (self);
}

void
sioa_distribution_set_threshold (SioaDistribution *self, double value)
{
  self->threshold = value;
  changed (self);
}

void
sioa_distribution_set_cursor (SioaDistribution *self, guint cursor)
{
  if (cursor == self->cursor)
    return;
  self->cursor = cursor < SIOA_N_BUCKETS ? cursor : NO_CURSOR;
  changed (self);
}

guint
sioa_distribution_get_n_draws (SioaDistribution *self)
{
  return self->n_draws;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-even-box.h"

struct _SioaEvenBox
{
  GtkWidget parent_instance;

  int spacing;
  int n_children;
};

G_DEFINE_FINAL_TYPE (SioaEvenBox, sioa_even_box, GTK_TYPE_WIDGET)

/* The most that any child asks for. */
static int
measure_children (SioaEvenBox *self, GtkOrientation orientation, int for_size, int *minimum)
{
  int most = 0;

  *minimum = 0;
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self)); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      int child_minimum, natural;

      gtk_widget_measure (child, orientation, for_size, &child_minimum, &natural, NULL, NULL);
      *minimum = MAX (*minimum, child_minimum);
      most = MAX (most, natural);
    }
  return most;
}

/* Only numbers by which all rows have the same length. */
static int
find_columns (SioaEvenBox *self, int width)
{
  int minimum;
  int natural = measure_children (self, GTK_ORIENTATION_HORIZONTAL, -1, &minimum);

  for (int n = self->n_children; n > 1; n--)
    if (self->n_children % n == 0 && n * natural + (n - 1) * self->spacing <= width)
      return n;
  return 1;
}

static int
get_child_width (SioaEvenBox *self, int width, int columns)
{
  return MAX (0, (width - (columns - 1) * self->spacing) / columns);
}

static GtkSizeRequestMode
sioa_even_box_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
sioa_even_box_measure (GtkWidget *widget,
                       GtkOrientation orientation,
                       int for_size,
                       int *minimum,
                       int *natural,
                       int *minimum_baseline,
                       int *natural_baseline)
{
  SioaEvenBox *self = SIOA_EVEN_BOX (widget);
  int columns, rows, height;

  if (self->n_children == 0)
    return;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      int most = measure_children (self, orientation, -1, minimum);

      *natural = self->n_children * most + (self->n_children - 1) * self->spacing;
      return;
    }
  columns = for_size < 0 ? self->n_children : find_columns (self, for_size);
  rows = self->n_children / columns;
  height = measure_children (
      self, orientation, for_size < 0 ? -1 : get_child_width (self, for_size, columns), minimum);
  *minimum = *natural = rows * height + (rows - 1) * self->spacing;
}

static void
sioa_even_box_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SioaEvenBox *self = SIOA_EVEN_BOX (widget);
  int columns = find_columns (self, width);
  int rows = MAX (1, self->n_children / columns);
  int child_width = get_child_width (self, width, columns);
  int child_height = MAX (0, (height - (rows - 1) * self->spacing) / rows);
  gboolean backwards = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int i = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child), i++)
    {
      int column = backwards ? columns - 1 - i % columns : i % columns;
      GtkAllocation place = { column * (child_width + self->spacing),
                              i / columns * (child_height + self->spacing), child_width,
                              child_height };

      gtk_widget_size_allocate (child, &place, -1);
    }
}

static void
sioa_even_box_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (sioa_even_box_parent_class)->dispose (object);
}

static void
sioa_even_box_class_init (SioaEvenBoxClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sioa_even_box_dispose;
  widget_class->get_request_mode = sioa_even_box_get_request_mode;
  widget_class->measure = sioa_even_box_measure;
  widget_class->size_allocate = sioa_even_box_size_allocate;
}

static void
sioa_even_box_init (SioaEvenBox *self)
{
}

GtkWidget *
sioa_even_box_new (int spacing)
{
  SioaEvenBox *self = g_object_new (SIOA_TYPE_EVEN_BOX, NULL);

  self->spacing = spacing;
  return GTK_WIDGET (self);
}

void
sioa_even_box_append (SioaEvenBox *self, GtkWidget *child)
{
  self->n_children++;
  gtk_widget_set_parent (child, GTK_WIDGET (self));
}

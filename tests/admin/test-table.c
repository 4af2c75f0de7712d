/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a SioaTable tells is compared with what is true, whatever happens in whatever order. */
#include "config.h"

#include "sioa-place.h"
#include "sioa-slot.h"
#include "sioa-table.h"

/* A place with as many members as its value. */
static SioaPlace *
make_row (guint value)
{
  g_autofree char *name = g_strdup_printf ("row %u", value);
  SioaPlace *row = sioa_place_new ("/", name);

  sioa_place_add_members (row, (int) value);
  return row;
}

static guint
get_value (gpointer row)
{
  return sioa_place_get_n_members (row);
}

static int
compare_rows (gconstpointer a, gconstpointer b, gpointer user_data)
{
  int order = *(int *) user_data;
  guint first = get_value ((gpointer) a) / 10;
  guint second = get_value ((gpointer) b) / 10;

  return order * ((first > second) - (first < second));
}

static gboolean
match_row (gpointer row, gpointer user_data)
{
  return get_value (row) % 10 >= *(guint *) user_data;
}

typedef struct
{
  GListStore *source;
  gboolean unsorted;
  int order;
  guint least;
  GtkFilter *filter;
  GtkSorter *sorter;
  SioaTable *table;
  GPtrArray *mirror; /* items, as somebody who only hears of changes knows them */
  guint n_widgets;   /* most items that came or went with one change, of those that have widgets */
  guint n_changes;   /* of those */
} Fixture;

/* As a view does, which has widgets for the first lines. */
static void
items_cb (GListModel *model, guint position, guint removed, guint added, Fixture *self)
{
  guint first = MIN (position, 200);

  self->n_widgets = MAX (self->n_widgets, MIN (position + added, 200) - first);
  self->n_changes += position < 200;
  g_assert_cmpuint (position + removed, <=, self->mirror->len);
  if (removed > 0)
    g_ptr_array_remove_range (self->mirror, position, removed);
  for (guint i = position; i < position + added; i++)
    g_ptr_array_insert (self->mirror, (int) i, i < 200 ? g_list_model_get_item (model, i) : NULL);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, self->mirror->len);
}

static void
unref_item (gpointer item)
{
  if (item != NULL)
    g_object_unref (item);
}

static void
fixture_set_up (Fixture *self, GtkSelectionMode mode)
{
  self->source = g_list_store_new (SIOA_TYPE_PLACE);
  self->order = 1;
  self->filter = GTK_FILTER (gtk_custom_filter_new (match_row, &self->least, NULL));
  self->sorter = self->unsorted
                     ? GTK_SORTER (gtk_multi_sorter_new ()) /* of none */
                     : GTK_SORTER (gtk_custom_sorter_new (compare_rows, &self->order, NULL));
  self->table = sioa_table_new (mode, self->filter, self->sorter);
  self->mirror = g_ptr_array_new_with_free_func (unref_item);
  g_signal_connect (self->table, "items-changed", G_CALLBACK (items_cb), self);
}

static void
fixture_tear_down (Fixture *self)
{
  gpointer weak = self->table;

  g_object_add_weak_pointer (G_OBJECT (self->table), &weak);
  g_object_unref (self->table);
  g_assert_null (weak);
  /* Slots may outlive their table. */
  g_ptr_array_unref (self->mirror);
  g_object_unref (self->filter);
  g_object_unref (self->sorter);
  g_object_unref (self->source);
}

static void
settle (Fixture *self)
{
  while (!sioa_table_is_settled (self->table))
    g_main_context_iteration (NULL, TRUE);
}

/* What GTK makes of the same. */
static void
check (Fixture *self)
{
  g_autoptr (GtkSortListModel) expected = gtk_sort_list_model_new (
      G_LIST_MODEL (gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->source)),
                                               g_object_ref (self->filter))),
      g_object_ref (self->sorter));
  guint n = g_list_model_get_n_items (G_LIST_MODEL (expected));

  settle (self);
  g_assert_cmpuint (sioa_table_get_n_rows (self->table), ==, n);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->table)), ==, n);
  g_assert_cmpuint (self->mirror->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioaPlace) row = g_list_model_get_item (G_LIST_MODEL (expected), i);
      g_autoptr (SioaSlot) slot = g_list_model_get_item (G_LIST_MODEL (self->table), i);

      g_assert_true (sioa_slot_unwrap (slot) == row);
      g_assert_true (sioa_table_get_row (self->table, i) == row);
      /* Whoever has it knows it by the same slot. */
      if (self->mirror->pdata[i] != NULL)
        g_assert_true (self->mirror->pdata[i] == slot);
    }
}

static void
append_many (Fixture *self, guint n)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (rows, make_row ((guint) g_test_rand_int_range (0, 5000)));
  g_list_store_splice (self->source, g_list_model_get_n_items (G_LIST_MODEL (self->source)), 0,
                       rows->pdata, rows->len);
}

static void
do_anything (Fixture *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->source));
  guint position = n > 0 ? (guint) g_test_rand_int_range (0, (gint32) n) : 0;
  g_autoptr (SioaPlace) row = make_row ((guint) g_test_rand_int_range (0, 5000));

  switch (g_test_rand_int_range (0, 17))
    {
    case 0:
      append_many (self, (guint) g_test_rand_int_range (0, 3000));
      break;
    case 1:
      g_list_store_splice (self->source, position, n - position, NULL, 0);
      break;
    case 2:
      g_list_store_splice (self->source, position / 2, position / 2, NULL, 0);
      /* Equal ones are sorted as they came. */
      if (self->unsorted)
        g_list_store_insert (self->source, position / 2, row);
      break;
    case 3:
      self->least = (guint) g_test_rand_int_range (0, 11);
      gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
      break;
    case 4:
      self->order = -self->order;
      gtk_sorter_changed (self->sorter, GTK_SORTER_CHANGE_DIFFERENT);
      break;
    case 5:
      sioa_table_set_active (self->table, FALSE);
      break;
    case 6:
      sioa_table_set_active (self->table, TRUE);
      break;
    case 7:
      if (g_test_rand_int_range (0, 4) == 0)
        {
          sioa_table_set_source (self->table, NULL);
          g_assert_cmpuint (sioa_table_get_n_rows (self->table), ==, 0);
          sioa_table_set_source (self->table, G_LIST_MODEL (self->source));
        }
      break;
    case 8:
    case 9:
    case 10:
      if (n > 0)
        g_list_store_remove (self->source, position);
      break;
    case 11:
    case 12:
    case 13:
      g_list_store_append (self->source, row);
      break;
    case 14:
      if (n > 0)
        {
          g_autoptr (SioaPlace) changed =
              g_list_model_get_item (G_LIST_MODEL (self->source), position);

          sioa_place_add_members (changed, 500);
          sioa_table_resort (self->table);
        }
      break;
    default:
      g_main_context_iteration (NULL, FALSE);
      if (g_test_rand_int_range (0, 20) == 0)
        {
          sioa_table_set_active (self->table, TRUE);
          settle (self);
        }
    }
}

static void
test_anything (void)
{
  for (guint round = 0; round < 10; round++)
    {
      Fixture self = { 0 };

      self.unsorted = round % 3 == 0;
      fixture_set_up (&self, GTK_SELECTION_MULTIPLE);
      sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
      sioa_table_set_active (self.table, TRUE);
      for (guint i = 0; i < 200; i++)
        {
          do_anything (&self);
          if (g_test_rand_int_range (0, 10) == 0)
            sioa_table_set_active (self.table, TRUE);
          else if (!g_list_model_get_n_items (G_LIST_MODEL (self.source)))
            append_many (&self, 100);
        }
      sioa_table_set_active (self.table, TRUE);
      /* It may have been inserted where rows were in no order. */
      settle (&self);
      sioa_table_resort (self.table);
      check (&self);
      fixture_tear_down (&self);
    }
}

/* However many lines come or go, those that have widgets do so little by little, and none is
 * replaced. */
static void
test_widgets (void)
{
  Fixture self = { 0 };
  g_autoptr (GPtrArray) slots = g_ptr_array_new ();

  fixture_set_up (&self, GTK_SELECTION_NONE);
  append_many (&self, 20000);
  sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
  g_assert_cmpuint (self.mirror->len, ==, 0);
  sioa_table_set_active (self.table, TRUE);
  check (&self);
  g_assert_cmpuint (self.n_widgets, <=, 16);
  for (guint i = 0; i < 200; i++)
    g_ptr_array_add (slots, self.mirror->pdata[i]);
  self.order = -1;
  gtk_sorter_changed (self.sorter, GTK_SORTER_CHANGE_DIFFERENT);
  check (&self);
  self.least = 9;
  gtk_filter_changed (self.filter, GTK_FILTER_CHANGE_DIFFERENT);
  check (&self);
  for (guint i = 0; i < 200; i++)
    g_assert_true (self.mirror->pdata[i] == slots->pdata[i]);
  fixture_tear_down (&self);
}

static guint
count_selected (GtkSelectionModel *model)
{
  g_autoptr (GtkBitset) set = gtk_selection_model_get_selection (model);

  return (guint) gtk_bitset_get_size (set);
}

/* However many rows come and go where somebody looks, only some lines do: the others get other
 * rows, once for all of them. */
static void
test_burst (void)
{
  Fixture self = { 0 };
  g_autoptr (GPtrArray) slots = g_ptr_array_new ();
  guint kept = 0;

  fixture_set_up (&self, GTK_SELECTION_MULTIPLE);
  append_many (&self, 20000);
  sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
  sioa_table_set_active (self.table, TRUE);
  check (&self);
  for (guint i = 0; i < 200; i++)
    g_ptr_array_add (slots, self.mirror->pdata[i]);
  self.n_changes = 0;
  for (guint i = 0; i < 150; i++)
    {
      g_autoptr (SioaPlace) row = make_row (0);
      g_autoptr (SioaPlace) gone = g_object_ref (sioa_table_get_row (self.table, 100));
      guint position;

      g_list_store_append (self.source, row);
      gtk_selection_model_select_item (GTK_SELECTION_MODEL (self.table), 100, FALSE);
      if (g_list_store_find (self.source, gone, &position))
        g_list_store_remove (self.source, position);
    }
  /* Some, and more if it takes long. */
  g_assert_cmpuint (self.n_changes, <, 150); /* of 300 */
  check (&self);
  for (guint i = 0; i < 200; i++)
    kept += g_ptr_array_find (slots, self.mirror->pdata[i], NULL);
  g_assert_cmpuint (kept, >, 50);
  /* What is gone is not selected. */
  g_assert_cmpuint (sioa_table_get_n_selected (self.table), ==,
                    count_selected (GTK_SELECTION_MODEL (self.table)));
  fixture_tear_down (&self);
}

static void
check_value_cb (gpointer row, gpointer user_data)
{
  guint *values = user_data;

  values[0]++;
  values[1] += get_value (row);
}

/* Rows stay selected wherever they go, as long as they are shown. */
static void
test_selection (void)
{
  Fixture self = { 0 };
  GtkSelectionModel *model;
  SioaPlace *row;
  guint values[2] = { 0 };
  guint n;

  fixture_set_up (&self, GTK_SELECTION_MULTIPLE);
  model = GTK_SELECTION_MODEL (self.table);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (SioaPlace) place = make_row (i);

      g_list_store_append (self.source, place);
    }
  sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
  sioa_table_set_active (self.table, TRUE);
  settle (&self);
  g_assert_true (gtk_selection_model_select_item (model, 25, TRUE));
  row = sioa_table_get_selected (self.table);
  g_assert_cmpuint (get_value (row), ==, 25);
  g_assert_true (gtk_selection_model_is_selected (model, 25));
  self.order = -1;
  gtk_sorter_changed (self.sorter, GTK_SORTER_CHANGE_DIFFERENT);
  settle (&self);
  g_assert_false (gtk_selection_model_is_selected (model, 25));
  g_assert_true (sioa_table_get_selected (self.table) == row);
  g_assert_cmpuint (count_selected (model), ==, 1);
  /* While nobody looks, nothing is forgotten. */
  sioa_table_set_active (self.table, FALSE);
  sioa_table_set_active (self.table, TRUE);
  settle (&self);
  g_assert_true (sioa_table_get_selected (self.table) == row);
  g_assert_true (gtk_selection_model_select_range (model, 0, 10, FALSE));
  g_assert_cmpuint (sioa_table_get_n_selected (self.table), ==, 11);
  g_assert_null (sioa_table_get_selected (self.table));
  sioa_table_foreach_selected (self.table, check_value_cb, values);
  g_assert_cmpuint (values[0], ==, 11);
  g_assert_cmpuint (values[1], ==, 25 + 10 * 990 + 45);
  g_assert_true (gtk_selection_model_unselect_range (model, 0, 5));
  g_assert_true (gtk_selection_model_unselect_item (model, 5));
  g_assert_cmpuint (count_selected (model), ==, 5);
  g_assert_true (gtk_selection_model_select_all (model));
  g_assert_cmpuint (count_selected (model), ==, 1000);
  self.least = 5;
  gtk_filter_changed (self.filter, GTK_FILTER_CHANGE_DIFFERENT);
  settle (&self);
  g_assert_cmpuint (sioa_table_get_n_selected (self.table), ==, 500);
  self.least = 0;
  gtk_filter_changed (self.filter, GTK_FILTER_CHANGE_DIFFERENT);
  settle (&self);
  g_assert_cmpuint (count_selected (model), ==, 500);
  n = g_list_model_get_n_items (G_LIST_MODEL (self.source));
  g_list_store_remove (self.source, n - 1);
  g_assert_cmpuint (sioa_table_get_n_selected (self.table), ==, 499);
  g_assert_true (gtk_selection_model_unselect_all (model));
  g_assert_cmpuint (count_selected (model), ==, 0);
  fixture_tear_down (&self);
}

static void
test_single (void)
{
  Fixture self = { 0 };
  GtkSelectionModel *model;

  fixture_set_up (&self, GTK_SELECTION_SINGLE);
  model = GTK_SELECTION_MODEL (self.table);
  append_many (&self, 50);
  sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
  sioa_table_set_active (self.table, TRUE);
  settle (&self);
  g_assert_null (sioa_table_get_selected (self.table));
  g_assert_false (gtk_selection_model_select_all (model));
  g_assert_true (gtk_selection_model_select_item (model, 3, FALSE));
  g_assert_true (gtk_selection_model_select_item (model, 4, FALSE));
  g_assert_cmpuint (count_selected (model), ==, 1);
  g_assert_true (sioa_table_get_selected (self.table) == sioa_table_get_row (self.table, 4));
  g_assert_false (gtk_selection_model_select_item (model, 50, FALSE));
  g_list_store_remove_all (self.source);
  g_assert_null (sioa_table_get_selected (self.table));
  fixture_tear_down (&self);
}

static void
moving_cb (SioaTable *table, SioaMarks *marks, SioaMarks *wanted)
{
  *marks = *wanted;
}

static void
moved_cb (SioaTable *table, SioaMarks *marks, GArray *all)
{
  g_array_append_val (all, *marks);
}

/* Rows that compare in another way than before get their places when somebody asks for it, and
 * those that are followed are found again. */
static void
test_resort (void)
{
  Fixture self = { 0 };
  g_autoptr (GArray) moves = g_array_new (FALSE, FALSE, sizeof (SioaMarks));
  SioaMarks wanted = { { 1000, 4000 } };
  GListModel *source;
  SioaPlace *selected, *first, *focused;
  SioaMarks *marks;

  fixture_set_up (&self, GTK_SELECTION_MULTIPLE);
  source = G_LIST_MODEL (self.source);
  append_many (&self, 5000);
  sioa_table_set_source (self.table, source);
  sioa_table_set_active (self.table, TRUE);
  check (&self);
  g_signal_connect (self.table, "moving", G_CALLBACK (moving_cb), &wanted);
  g_signal_connect (self.table, "moved", G_CALLBACK (moved_cb), moves);
  g_assert_true (gtk_selection_model_select_item (GTK_SELECTION_MODEL (self.table), 77, TRUE));
  selected = sioa_table_get_selected (self.table);
  /* Nothing changed. */
  sioa_table_resort (self.table);
  check (&self);
  g_assert_cmpuint (moves->len, ==, 0);
  first = sioa_table_get_row (self.table, 1000);
  focused = sioa_table_get_row (self.table, 4000);
  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr (SioaPlace) row = g_list_model_get_item (source, i);

      sioa_place_add_members (row, g_test_rand_int_range (0, 3000));
    }
  g_assert_true (sioa_table_get_row (self.table, 1000) == first);
  sioa_table_resort (self.table);
  check (&self);
  g_assert_cmpuint (moves->len, ==, 1);
  marks = &g_array_index (moves, SioaMarks, 0);
  g_assert_true (sioa_table_get_row (self.table, marks->positions[SIOA_MARK_FIRST]) == first);
  g_assert_true (sioa_table_get_row (self.table, marks->positions[SIOA_MARK_FOCUS]) == focused);
  g_assert_true (sioa_table_get_selected (self.table) == selected);
  /* The last two. */
  first = sioa_table_get_row (self.table, 4999);
  sioa_place_add_members (sioa_table_get_row (self.table, 4998), 20000);
  sioa_table_resort (self.table);
  check (&self);
  g_assert_cmpuint (moves->len, ==, 2);
  g_assert_true (sioa_table_get_row (self.table, 4998) == first);
  /* Others who sort meanwhile, and those who leave. */
  sioa_place_add_members (sioa_table_get_row (self.table, 0), 40000);
  sioa_table_resort (self.table);
  self.order = -1;
  gtk_sorter_changed (self.sorter, GTK_SORTER_CHANGE_DIFFERENT);
  sioa_table_resort (self.table);
  g_list_store_remove (self.source, 4000);
  append_many (&self, 10);
  check (&self);
  sioa_place_add_members (sioa_table_get_row (self.table, 100), 50000);
  sioa_table_resort (self.table);
  g_list_store_remove_all (self.source);
  check (&self);
  /* Nobody looks. */
  sioa_table_set_active (self.table, FALSE);
  sioa_table_resort (self.table);
  g_assert_true (sioa_table_is_settled (self.table));
  fixture_tear_down (&self);
}

static void
count_cb (guint *n)
{
  ++*n;
}

/* Slots tell of their rows. */
static void
test_changed (void)
{
  Fixture self = { 0 };
  g_autoptr (SioaPlace) low = make_row (10);
  g_autoptr (SioaPlace) high = make_row (20);
  g_autoptr (SioaSlot) slot = NULL;
  guint n = 0;

  fixture_set_up (&self, GTK_SELECTION_NONE);
  g_list_store_append (self.source, low);
  g_list_store_append (self.source, high);
  sioa_table_set_source (self.table, G_LIST_MODEL (self.source));
  sioa_table_set_active (self.table, TRUE);
  slot = g_list_model_get_item (G_LIST_MODEL (self.table), 0);
  g_signal_connect_swapped (slot, "changed", G_CALLBACK (count_cb), &n);
  sioa_place_changed (sioa_slot_unwrap (slot));
  g_assert_cmpuint (n, ==, 1);
  /* Another row. */
  self.order = -1;
  gtk_sorter_changed (self.sorter, GTK_SORTER_CHANGE_DIFFERENT);
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (sioa_slot_unwrap (slot) == sioa_table_get_row (self.table, 0));
  sioa_table_set_source (self.table, NULL);
  g_assert_cmpuint (n, ==, 3);
  g_assert_null (sioa_slot_unwrap (slot));
  fixture_tear_down (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/table/anything", test_anything);
  g_test_add_func ("/admin/table/widgets", test_widgets);
  g_test_add_func ("/admin/table/burst", test_burst);
  g_test_add_func ("/admin/table/selection", test_selection);
  g_test_add_func ("/admin/table/single", test_single);
  g_test_add_func ("/admin/table/resort", test_resort);
  g_test_add_func ("/admin/table/changed", test_changed);
  return g_test_run ();
}

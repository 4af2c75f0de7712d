/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands in for libFuzzer: runs the target over every file of the corpus, over
 * the beginnings of each, and over seeded random changes of them, so that the
 * same inputs come in every run. Prints TAP. */

#define DEFAULT_RUNS 20000
#define DEFAULT_SEED 20240229
#define MAX_PREFIXES 2048
#define INPUT_LIMIT 16384

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static int n_runs = DEFAULT_RUNS;
static int seed = DEFAULT_SEED;
static char **paths;

static const GOptionEntry entries[] = {
  { "runs", 'n', 0, G_OPTION_ARG_INT, &n_runs, "Number of random changes", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT, &seed, "Seed of the random changes", "N" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, "FILE|DIRECTORY…" },
  { NULL }
};

/* A copy of the exact size, so that a sanitizer sees any byte read beyond it. */
static void
run_one (const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
load (const char *path, GPtrArray *corpus, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      char *contents;
      gsize length;

      if (!g_file_get_contents (path, &contents, &length, error))
        return FALSE;
      g_ptr_array_add (corpus, g_bytes_new_take (contents, length));
      return TRUE;
    }

  dir = g_dir_open (path, 0, error);
  if (dir == NULL)
    return FALSE;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      if (!load (names->pdata[i], corpus, error))
        return FALSE;
    }
  return TRUE;
}

static void
run_prefixes (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gsize step = size / MAX_PREFIXES + 1;

  for (gsize length = 0; length < size; length += step)
    run_one (data, length);
}

static void
append_other (GByteArray *input, GPtrArray *corpus, GRand *rand)
{
  gsize size;
  const guint8 *data =
      g_bytes_get_data (corpus->pdata[g_rand_int_range (rand, 0, corpus->len)], &size);

  if (size == 0 || input->len + size > INPUT_LIMIT)
    return;
  gsize start = g_rand_int_range (rand, 0, size);
  g_byte_array_append (input, data + start, g_rand_int_range (rand, 0, size - start + 1));
}

static void
change (GByteArray *input, GPtrArray *corpus, GRand *rand)
{
  static const guint8 interesting[] = { 0x00, 0x01, 0x1f, '"',  ',',  '-',  '0',  '[',
                                        '\\', ']',  '{',  '}',  0x7e, 0x7f, 0x80, 0x81,
                                        0x82, 0x88, 0x89, 0xc0, 0xed, 0xf4, 0xfe, 0xff };
  guint at = input->len > 0 ? (guint) g_rand_int_range (rand, 0, input->len) : 0;
  guint n;

  if (input->len == 0)
    {
      append_other (input, corpus, rand);
      return;
    }
  switch (g_rand_int_range (rand, 0, 7))
    {
    case 0:
      input->data[at] ^= 1 << g_rand_int_range (rand, 0, 8);
      break;
    case 1:
      input->data[at] = g_rand_int_range (rand, 0, 256);
      break;
    case 2:
      input->data[at] = interesting[g_rand_int_range (rand, 0, G_N_ELEMENTS (interesting))];
      break;
    case 3:
      n = g_rand_int_range (rand, 1, MIN (input->len - at, 32) + 1);
      g_byte_array_remove_range (input, at, n);
      break;
    case 4: /* a piece of itself once more, somewhere */
      n = g_rand_int_range (rand, 1, MIN (input->len - at, 32) + 1);
      if (input->len + n <= INPUT_LIMIT)
        {
          guint8 piece[32];
          guint to = g_rand_int_range (rand, 0, input->len + 1);
          guint old_length = input->len;

          memcpy (piece, input->data + at, n);
          g_byte_array_set_size (input, old_length + n);
          memmove (input->data + to + n, input->data + to, old_length - to);
          memcpy (input->data + to, piece, n);
        }
      break;
    case 5:
      g_byte_array_set_size (input, at);
      break;
    default:
      append_other (input, corpus, rand);
      break;
    }
}

static void
run_random (GPtrArray *corpus)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GByteArray) input = g_byte_array_new ();

  for (int i = 0; i < n_runs; i++)
    {
      gsize size;
      const guint8 *data =
          g_bytes_get_data (corpus->pdata[g_rand_int_range (rand, 0, corpus->len)], &size);
      int n_changes = g_rand_int_range (rand, 1, 9);

      g_byte_array_set_size (input, 0);
      if (size > 0)
        g_byte_array_append (input, data, MIN (size, INPUT_LIMIT));
      while (n_changes-- > 0)
        change (input, corpus, rand);
      run_one (input->data, input->len);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      if (!load (paths[i], corpus, &error))
        {
          printf ("Bail out! %s\n", error->message);
          return 1;
        }
    }
  if (corpus->len == 0)
    g_ptr_array_add (corpus, g_bytes_new_static ("", 0));

  setvbuf (stdout, NULL, _IOLBF, 0);
  printf ("1..3\n");
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (corpus->pdata[i], &size);

      run_one (data, size);
    }
  printf ("ok 1 - %u files\n", corpus->len);
  for (guint i = 0; i < corpus->len; i++)
    run_prefixes (corpus->pdata[i]);
  printf ("ok 2 - their beginnings\n");
  run_random (corpus);
  printf ("ok 3 - %d random changes, seed %d\n", n_runs, seed);
  g_strfreev (paths);
  return 0;
}

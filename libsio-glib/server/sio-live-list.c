/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-live-list-private.h"

typedef struct
{
  gpointer key;
  gboolean add;
} Change;

struct _SioLiveList
{
  const SioLiveListKind *kind;
  gpointer owner;
  GListModel *model; /* not a reference; NULL if nobody wants it */
  GPtrArray *keys;
  GHashTable *places; /* key of the array → place in it */
  GArray *pending;    /* changes that wait; NULL for none */
  gboolean changing;
};

#define SIO_TYPE_LIVE_MODEL (sio_live_model_get_type ())

G_DECLARE_FINAL_TYPE (SioLiveModel, sio_live_model, SIO, LIVE_MODEL, GObject)

struct _SioLiveModel
{
  GObject parent_instance;

  SioLiveList *list;
  GObject *owner;
};

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioLiveModel,
                               sio_live_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

static GType
sio_live_model_get_item_type (GListModel *model)
{
  return SIO_LIVE_MODEL (model)->list->kind->item_type;
}

static guint
sio_live_model_get_n_items (GListModel *model)
{
  return SIO_LIVE_MODEL (model)->list->keys->len;
}

static gpointer
sio_live_model_get_item (GListModel *model, guint position)
{
  SioLiveList *list = SIO_LIVE_MODEL (model)->list;

  if (position >= list->keys->len)
    return NULL;
  return list->kind->get_item (list->owner, g_ptr_array_index (list->keys, position));
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = sio_live_model_get_item_type;
  iface->get_n_items = sio_live_model_get_n_items;
  iface->get_item = sio_live_model_get_item;
}

static void
sio_live_model_finalize (GObject *object)
{
  SioLiveModel *self = SIO_LIVE_MODEL (object);

  self->list->model = NULL;
  if (self->list->kind->model_gone != NULL)
    self->list->kind->model_gone (self->owner);
  g_object_unref (self->owner);

  G_OBJECT_CLASS (sio_live_model_parent_class)->finalize (object);
}

static void
sio_live_model_class_init (SioLiveModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sio_live_model_finalize;
}

static void
sio_live_model_init (SioLiveModel *self)
{
}

SioLiveList *
sio_live_list_new (const SioLiveListKind *kind, gpointer owner)
{
  SioLiveList *self = g_new0 (SioLiveList, 1);

  self->kind = kind;
  self->owner = owner;
  self->keys = g_ptr_array_new ();
  self->places = g_hash_table_new (kind->hash, kind->equal);
  return self;
}

void
sio_live_list_free (SioLiveList *self)
{
  g_hash_table_unref (self->places);
  for (guint i = 0; i < self->keys->len; i++)
    self->kind->free (g_ptr_array_index (self->keys, i));
  g_ptr_array_unref (self->keys);
  g_free (self);
}

GListModel *
sio_live_list_get_model (SioLiveList *self)
{
  SioLiveModel *model;

  if (self->model != NULL)
    return g_object_ref (self->model);
  model = g_object_new (SIO_TYPE_LIVE_MODEL, NULL);
  model->list = self;
  model->owner = g_object_ref (self->owner);
  self->model = G_LIST_MODEL (model);
  return self->model;
}

guint
sio_live_list_get_n (SioLiveList *self)
{
  return self->keys->len;
}

gboolean
sio_live_list_contains (SioLiveList *self, gpointer key)
{
  return g_hash_table_contains (self->places, key);
}

void
sio_live_list_fill (SioLiveList *self, gpointer key)
{
  if (sio_live_list_contains (self, key))
    return;
  key = self->kind->copy (key);
  g_hash_table_insert (self->places, key, GUINT_TO_POINTER (self->keys->len));
  g_ptr_array_add (self->keys, key);
}

static void
tell (SioLiveList *self, guint position, guint removed, guint added)
{
  if (self->model != NULL)
    g_list_model_items_changed (self->model, position, removed, added);
}

static gboolean
apply_add (SioLiveList *self, gpointer key)
{
  guint n = self->keys->len;

  sio_live_list_fill (self, key);
  if (self->keys->len == n)
    return FALSE;
  tell (self, n, 0, 1);
  return TRUE;
}

/* The last one takes the free place: two changes, each of one item, whatever the length. */
static gboolean
apply_remove (SioLiveList *self, gpointer key)
{
  gpointer place;
  gpointer own_key;
  gpointer last;
  guint index;

  if (!g_hash_table_steal_extended (self->places, key, &own_key, &place))
    return FALSE;
  index = GPOINTER_TO_UINT (place);
  last = g_ptr_array_index (self->keys, self->keys->len - 1);
  g_ptr_array_set_size (self->keys, (int) self->keys->len - 1);
  tell (self, self->keys->len, 1, 0);
  if (index < self->keys->len)
    {
      g_ptr_array_index (self->keys, index) = last;
      g_hash_table_insert (self->places, last, place);
      tell (self, index, 1, 1);
    }
  self->kind->free (own_key);
  return TRUE;
}

/* Takes the key. */
static void
apply (SioLiveList *self, gpointer key, gboolean add)
{
  gboolean changed = add ? apply_add (self, key) : apply_remove (self, key);

  if (changed && self->kind->changed != NULL)
    self->kind->changed (self->owner, key, add);
  self->kind->free (key);
}

static void
change (SioLiveList *self, gpointer key, gboolean add)
{
  g_autoptr (GObject) owner = NULL;
  g_autoptr (GObject) model = NULL;
  Change item = { self->kind->copy (key), add };

  if (self->changing)
    {
      if (self->pending == NULL)
        self->pending = g_array_new (FALSE, FALSE, sizeof (Change));
      g_array_append_val (self->pending, item);
      return;
    }

  /* Handlers may drop both; the model goes before its owner. */
  owner = g_object_ref (self->owner);
  model = self->model != NULL ? g_object_ref (G_OBJECT (self->model)) : NULL;
  self->changing = TRUE;
  apply (self, item.key, item.add);
  /* Its length grows while handlers make further changes. */
  for (guint i = 0; self->pending != NULL && i < self->pending->len; i++)
    {
      item = g_array_index (self->pending, Change, i);
      apply (self, item.key, item.add);
    }
  g_clear_pointer (&self->pending, g_array_unref);
  self->changing = FALSE;
}

void
sio_live_list_add (SioLiveList *self, gpointer key)
{
  change (self, key, TRUE);
}

void
sio_live_list_remove (SioLiveList *self, gpointer key)
{
  change (self, key, FALSE);
}

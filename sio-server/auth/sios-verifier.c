/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-verifier.h"

#include <string.h>

#include "sios-token-cache.h"

const SiosVerifierLimits sios_verifier_default_limits = {
  .algs = SIOS_ALG_ALL,
  .max_length = SIOS_JWT_DEFAULT_MAX_LENGTH,
  .max_cached = 10000,
  .max_revocations = SIOS_REVOCATIONS_DEFAULT_MAX,
  .max_threads = 2,
  .max_pending = 4096,
};

/* Answers that wait for an earlier one of the same number; more come at once, as refusals. */
#define MAX_PER_ORDER 16

struct _SiosVerifier
{
  GObject parent_instance;
  SiosClaimRules *rules;
  SiosKeyset *keys;
  SiosJwks *jwks;
  SiosVerifierLimits limits;
  SiosTokenCache *cache;
  SiosRevocations *revocations;
  SiosVerifierCounters counters;
  GThreadPool *pool;
  GHashTable *orders; /* guint64 → GQueue of Job, the oldest first */
  guint n_pending;    /* with those that wait for keys */
  guint n_waiting;    /* for keys */
  guint generation;   /* of the keys: changes when some are gone */
  SiosClock clock;
  gpointer clock_data;
};

G_DEFINE_FINAL_TYPE (SiosVerifier, sios_verifier, G_TYPE_OBJECT)

/* One token under way. Threads see nothing of it but jwt, keys and good. */
typedef struct
{
  SiosVerifier *owner; /* the task holds the reference */
  GTask *task;
  guint64 order;
  SiosJwt *jwt;
  GPtrArray *keys;
  gboolean good;
  gboolean waited;
  gboolean done;
  guint generation;
  guint8 digest[SIOS_TOKEN_CACHE_DIGEST];
  SiosIdentity *identity;
  GError *error;
} Job;

static void job_find_keys (Job *job);

static gint64
system_clock (gpointer user_data)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gint64
get_now (SiosVerifier *self)
{
  return self->clock (self->clock_data);
}

static void
job_free (Job *job)
{
  g_clear_pointer (&job->jwt, sios_jwt_free);
  g_clear_pointer (&job->keys, g_ptr_array_unref);
  g_clear_pointer (&job->identity, sios_identity_unref);
  g_clear_error (&job->error);
  g_free (job);
}

/* Answers and frees. */
static void
job_return (Job *job)
{
  SiosVerifier *self = job->owner;
  g_autoptr (GTask) task = g_steal_pointer (&job->task);

  self->n_pending--;
  if (job->identity != NULL)
    {
      self->counters.n_accepted++;
      g_task_return_pointer (task, g_steal_pointer (&job->identity),
                             (GDestroyNotify) sios_identity_unref);
    }
  else
    {
      SiosAuthReason reason = job->error->code;

      self->counters.n_refused[reason]++;
      g_debug ("Token refused (%s): %s", sios_auth_reason_get_name (reason), job->error->message);
      g_task_return_error (task, g_steal_pointer (&job->error));
    }
  job_free (job);
}

static void
job_done (Job *job)
{
  SiosVerifier *self = job->owner;
  g_autoptr (SiosVerifier) keep = g_object_ref (self);
  guint64 order = job->order;
  GQueue *queue;

  job->done = TRUE;
  if (order == 0)
    {
      job_return (job);
      return;
    }
  queue = g_hash_table_lookup (self->orders, &order);
  while (queue->head != NULL && ((Job *) queue->head->data)->done)
    job_return (g_queue_pop_head (queue));
  if (queue->head == NULL)
    g_hash_table_remove (self->orders, &order);
}

static void
job_refuse (Job *job, SiosAuthReason reason, const char *message)
{
  job->error = g_error_new_literal (SIOS_AUTH_ERROR, reason, message);
  job_done (job);
}

/* The signature is good; what does the token say? */
static void
job_check_claims (Job *job)
{
  SiosVerifier *self = job->owner;
  gint64 now = get_now (self);
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) claims = sios_jwt_read_claims (job->jwt, &json, &job->error);
  g_autoptr (SiosIdentity) identity = NULL;

  if (claims != NULL)
    identity =
        sios_identity_new (json_node_get_object (claims), json, self->rules, now, &job->error);
  if (identity == NULL)
    {
      job_done (job);
      return;
    }
  /* Not if the key may have gone meanwhile. */
  if (job->generation == self->generation)
    sios_token_cache_add (self->cache, job->digest, identity);
  if (sios_revocations_check (self->revocations, identity, now))
    {
      job_refuse (job, SIOS_AUTH_REVOKED, "The user or the token is revoked");
      return;
    }
  job->identity = g_steal_pointer (&identity);
  job_done (job);
}

static void
job_check_signature (Job *job)
{
  if (job->good)
    job_check_claims (job);
  else
    job_refuse (job, SIOS_AUTH_SIGNATURE, "No key gives this signature");
}

static gboolean
try_keys (Job *job)
{
  for (guint i = 0; i < job->keys->len; i++)
    {
      if (sios_jwt_verify (job->jwt, job->keys->pdata[i]))
        return TRUE;
    }
  return FALSE;
}

/* In a thread */
static void
pool_cb (gpointer data, gpointer user_data)
{
  GTask *inner = data;
  Job *job = g_task_get_task_data (inner);

  job->good = try_keys (job);
  g_task_return_boolean (inner, TRUE);
  g_object_unref (inner);
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  job_check_signature (user_data);
}

static void
jwks_cb (SiosJwks *jwks, gpointer user_data)
{
  Job *job = user_data;

  job->owner->n_waiting--;
  job_find_keys (job);
}

/* Counted apart, so that tokens of invented keys do not keep out those of known ones while the
 * server of the keys is slow. */
static gboolean
job_wait (Job *job)
{
  SiosVerifier *self = job->owner;

  if (job->waited || self->n_waiting >= self->limits.max_pending)
    return FALSE;
  job->waited = TRUE;
  if (!sios_jwks_wait (self->jwks, jwks_cb, job))
    return FALSE;
  self->n_waiting++;
  return TRUE;
}

static void
job_find_keys (Job *job)
{
  SiosVerifier *self = job->owner;
  SiosAlg alg = job->jwt->alg;
  SiosKeyset *fetched = self->jwks != NULL ? sios_jwks_get_keys (self->jwks) : NULL;
  GTask *inner;

  if (self->keys != NULL)
    sios_keyset_find (self->keys, alg, job->jwt->kid, job->keys);
  if (fetched != NULL)
    sios_keyset_find (fetched, alg, job->jwt->kid, job->keys);
  if (job->keys->len == 0)
    {
      /* No URL has keys for HMAC, so none needs to be asked. */
      gboolean may_come = self->jwks != NULL && alg > SIOS_ALG_HS512;

      if (may_come && job_wait (job))
        return;
      if (may_come && fetched == NULL)
        job_refuse (job, SIOS_AUTH_KEYS_UNAVAILABLE, "The keys could not be fetched yet");
      else
        job_refuse (job, SIOS_AUTH_UNKNOWN_KEY, "No key has this name and fits the algorithm");
      return;
    }
  job->generation = self->generation;
  if (alg <= SIOS_ALG_HS512) /* takes less time than to go to a thread */
    {
      job->good = try_keys (job);
      job_check_signature (job);
      return;
    }
  /* Without a source object: its last reference may go in the thread. */
  inner = g_task_new (NULL, NULL, verified_cb, job);
  g_task_set_task_data (inner, job, NULL);
  g_thread_pool_push (self->pool, inner, NULL);
}

/* @length is that of @token. */
static void
job_start (Job *job, const char *token, gsize length)
{
  SiosVerifier *self = job->owner;
  SiosIdentity *cached;
  gint64 now = get_now (self);

  if (length == 0)
    {
      job_refuse (job, SIOS_AUTH_MISSING, "There is no token");
      return;
    }
  /* A long one is not even hashed. */
  if (length <= self->limits.max_length)
    {
      sios_token_cache_digest (self->cache, token, length, job->digest);
      cached = sios_token_cache_lookup (self->cache, job->digest, now - self->rules->leeway);
      if (cached != NULL && sios_revocations_check (self->revocations, cached, now))
        {
          job_refuse (job, SIOS_AUTH_REVOKED, "The user or the token is revoked");
          return;
        }
      if (cached != NULL)
        {
          self->counters.n_cached++;
          job->identity = sios_identity_ref (cached);
          job_done (job);
          return;
        }
    }
  if (self->n_pending - self->n_waiting > self->limits.max_pending)
    {
      job_refuse (job, SIOS_AUTH_BUSY, "Too many tokens are being verified");
      return;
    }
  job->jwt = sios_jwt_parse (token, length, self->limits.max_length, &job->error);
  if (job->jwt == NULL)
    job_done (job);
  else if ((self->limits.algs & SIOS_ALG_BIT (job->jwt->alg)) == 0)
    job_refuse (job, SIOS_AUTH_ALGORITHM, "The algorithm is not allowed");
  else
    job_find_keys (job);
}

void
sios_verifier_verify_async (SiosVerifier *self,
                            const char *token,
                            guint64 order,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  job->owner = self;
  job->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (job->task, sios_verifier_verify_async);
  job->order = order;
  job->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_token_key_unref);
  self->n_pending++;
  if (order != 0)
    {
      GQueue *queue = g_hash_table_lookup (self->orders, &order);

      if (queue != NULL && queue->length >= MAX_PER_ORDER)
        {
          job->order = 0;
          job_refuse (job, SIOS_AUTH_BUSY, "Too many tokens of one connection are being verified");
          return;
        }
      if (queue == NULL)
        {
          queue = g_queue_new ();
          g_hash_table_insert (self->orders, g_memdup2 (&order, sizeof order), queue);
        }
      g_queue_push_tail (queue, job);
    }
  job_start (job, token, token != NULL ? strlen (token) : 0);
}

SiosIdentity *
sios_verifier_verify_finish (SiosVerifier *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A token of a key that is gone is good no more, though it was. */
static void
changed_cb (SiosJwks *jwks, gboolean some_gone, gpointer user_data)
{
  SiosVerifier *self = user_data;

  if (!some_gone)
    return;
  self->generation++;
  sios_token_cache_clear (self->cache);
}

static void
sios_verifier_finalize (GObject *object)
{
  SiosVerifier *self = SIOS_VERIFIER (object);

  if (self->jwks != NULL)
    g_signal_handlers_disconnect_by_data (self->jwks, self);
  g_clear_object (&self->jwks);
  if (self->pool != NULL)
    g_thread_pool_free (self->pool, TRUE, TRUE);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_pointer (&self->cache, sios_token_cache_free);
  g_clear_pointer (&self->revocations, sios_revocations_unref);
  g_clear_pointer (&self->rules, sios_claim_rules_free);
  g_hash_table_unref (self->orders);
  G_OBJECT_CLASS (sios_verifier_parent_class)->finalize (object);
}

static void
sios_verifier_class_init (SiosVerifierClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sios_verifier_finalize;
}

static void
sios_verifier_init (SiosVerifier *self)
{
  self->clock = system_clock;
  self->orders =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) g_queue_free);
}

SiosVerifier *
sios_verifier_new (SiosClaimRules *rules,
                   SiosKeyset *keys,
                   SiosJwks *jwks,
                   const SiosVerifierLimits *limits,
                   GError **error)
{
  g_autoptr (SiosVerifier) self = g_object_new (SIOS_TYPE_VERIFIER, NULL);

  self->rules = rules;
  self->limits = limits != NULL ? *limits : sios_verifier_default_limits;
  if (jwks == NULL && (keys == NULL || (sios_keyset_get_algs (keys) & self->limits.algs) == 0))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "No key fits an algorithm that is allowed: no token could ever be good");
      return NULL;
    }
  self->pool =
      g_thread_pool_new (pool_cb, NULL, (int) MAX (self->limits.max_threads, 1), FALSE, error);
  if (self->pool == NULL)
    return NULL;
  self->keys = keys != NULL ? g_ptr_array_ref (keys) : NULL;
  self->cache = sios_token_cache_new (self->limits.max_cached);
  self->revocations = sios_revocations_new (self->limits.max_revocations);
  if (jwks != NULL)
    {
      self->jwks = g_object_ref (jwks);
      g_signal_connect (jwks, "changed", G_CALLBACK (changed_cb), self);
    }
  return g_steal_pointer (&self);
}

SiosRevocations *
sios_verifier_get_revocations (SiosVerifier *self)
{
  return self->revocations;
}

void
sios_verifier_set_revocations (SiosVerifier *self, SiosRevocations *revocations)
{
  sios_revocations_ref (revocations);
  sios_revocations_unref (self->revocations);
  self->revocations = revocations;
}

gboolean
sios_verifier_is_revoked (SiosVerifier *self, SiosIdentity *identity)
{
  return sios_revocations_check (self->revocations, identity, get_now (self));
}

const SiosVerifierCounters *
sios_verifier_get_counters (SiosVerifier *self)
{
  return &self->counters;
}

guint
sios_verifier_get_n_cached (SiosVerifier *self)
{
  return sios_token_cache_get_count (self->cache);
}

guint
sios_verifier_get_n_pending (SiosVerifier *self)
{
  return self->n_pending;
}

void
sios_verifier_set_clock (SiosVerifier *self, SiosClock clock, gpointer user_data)
{
  self->clock = clock;
  self->clock_data = user_data;
}

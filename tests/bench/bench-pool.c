/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-poll.h"
#include "bench.h"

void
bench_pool_init (BenchPool *pool, guint total, guint limit)
{
  bench_pool_clear (pool);
  *pool = (BenchPool){ .total = total,
                       .limit = MAX (limit, 1),
                       .free = g_array_new (FALSE, FALSE, sizeof (guint)) };
}

void
bench_pool_clear (BenchPool *pool)
{
  g_clear_pointer (&pool->free, g_array_unref);
}

static gboolean
take (BenchPool *pool, guint *index)
{
  if (pool->next < pool->total)
    {
      *index = pool->next++;
      return TRUE;
    }
  if (pool->cyclic && pool->free->len > 0)
    {
      *index = g_array_index (pool->free, guint, pool->free->len - 1);
      g_array_set_size (pool->free, pool->free->len - 1);
      return TRUE;
    }
  return FALSE;
}

/* Only ever called from the loop, never from a callback of a connection: a connect() that fails at
 * once must not recurse. Returns TRUE when there is more to open at once. */
gboolean
bench_pool_pump (Bench *bench)
{
  BenchPool *pool = &bench->pool;
  guint budget = pool->limit;
  guint index;

  if (pool->free == NULL || bench->closing)
    return FALSE;
  while (pool->busy < pool->limit && budget-- > 0 && take (pool, &index))
    {
      pool->busy++;
      if (bench->polls != NULL)
        bench_poll_open (&bench->polls[index]);
      else
        bench_ws_open (&bench->ws[index]);
    }
  return pool->busy < pool->limit &&
         (pool->next < pool->total || (pool->cyclic && pool->free->len > 0));
}

void
bench_pool_opened (Bench *bench)
{
  bench->ready++;
  if (!bench->pool.cyclic)
    bench->pool.busy--;
}

void
bench_pool_failed (Bench *bench)
{
  bench->pool.busy--;
  bench->pool.failed++;
  /* A server that is not there does not have to be asked a thousand times. */
  if (bench->ready == 0 && bench->total_count == 0 &&
      bench->pool.failed >= MIN (bench->pool.total, bench->pool.limit))
    bench->abandoned = TRUE;
}

/* A cyclic connection has ended and may be used again. */
void
bench_pool_release (Bench *bench, guint index)
{
  g_array_append_val (bench->pool.free, index);
}

gboolean
bench_pool_settled (Bench *bench)
{
  return bench->pool.next == bench->pool.total && bench->pool.busy == 0;
}

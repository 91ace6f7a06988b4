"""A hundred thousand pictures in seconds: rows as workers write them, made by the database itself, without bytes."""

import uuid

from django.db import connection

from generation.models import LIKENESS_NUMBERS, Tint

MODELS = ("ninefold-painter-4", "flux", "karlo-v1-alpha")
_WORDS = """(ARRAY['a lake at dawn', 'a red boat', 'a quiet house', 'a cat in the snow', 'mountains and fog',
    'a girl with a lamp', 'an old harbour', 'a field of barley'])[1 + n %% 8]"""


def insert(owner_id: uuid.UUID, count: int, first: int = 0) -> None:
    """`count` pictures numbered from `first`: one a minute, three models, five kinds, few with stars."""
    numbers = {"owner": owner_id, "first": first, "last": first + count - 1, "models": list(MODELS)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO generation_prompt (id, owner_id, request_id, text, language, text_en, translator,
                unknown_words, translated, negative_text, negative_text_en, template, presets, notices, wish_sha256,
                created_at)
            SELECT gen_random_uuid(), %(owner)s, 'p' || n, {_WORDS} || ' ' || n / 9, 'en', {_WORDS}, '', '[]', '', '',
                '', '', '[]', '[]', '', timestamptz '2026-01-01' + n * interval '1 minute'
            FROM generate_series(%(first)s, %(last)s, 9) AS n;
            INSERT INTO generation_job (id, owner_id, request_id, operation, prompt_id, recipe, recipe_sha256,
                inputs, pool, priority, cost, batch_key, status, attempts, worker, step, steps_total, preview_step,
                error_code, error_text, created_at)
            SELECT gen_random_uuid(), %(owner)s, 'j' || n, 'paint', prompt.id,
                jsonb_build_object('operation', 'text-to-image', 'seed', n, 'steps', 20,
                                   'model', (%(models)s::text[])[1 + n %% 3]),
                md5(n::text), '[]', 'gpu', 0, 1, '', 'succeeded', 1, '', 20, 20, 0, '', '',
                timestamptz '2026-01-01' + n * interval '1 minute'
            FROM generate_series(%(first)s, %(last)s) AS n
            JOIN generation_prompt AS prompt ON prompt.owner_id = %(owner)s
                AND prompt.request_id = 'p' || (%(first)s + (n - %(first)s) / 9 * 9);
            INSERT INTO generation_image (id, owner_id, request_id, job_id, sha256, mime, width_px, height_px,
                size_bytes, made_by, notices, created_at, kind, model, stars, made_with)
            SELECT gen_random_uuid(), %(owner)s, 'i' || n, job.id, md5(n::text), 'image/png', 1024, 1024, 1,
                'machine', '[]', job.created_at,
                (ARRAY['paint', 'paint', 'paint', 'paint', 'rework', 'compose', 'retouch', 'upload'])[1 + n %% 8],
                job.recipe ->> 'model', CASE WHEN n %% 50 = 0 THEN 5 WHEN n %% 7 = 0 THEN 3 ELSE 0 END, '{{}}'
            FROM generate_series(%(first)s, %(last)s) AS n
            JOIN generation_job AS job ON job.owner_id = %(owner)s AND job.request_id = 'j' || n
            """,
            numbers,
        )


def look(owner_id: uuid.UUID) -> None:
    """Words, two colours and a likeness by chance for each of this owner's pictures that has none."""
    params = {"owner": owner_id, "numbers": LIKENESS_NUMBERS, "colours": list(Tint.COLOURS)}
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX look_likeness")  # built at once in the end: row by row takes many times as long
        cursor.execute(
            """
            CREATE TEMPORARY TABLE due ON COMMIT DROP AS SELECT image.id, job.prompt_id, row_number() OVER () AS n
            FROM generation_image AS image JOIN generation_job AS job ON job.id = image.job_id
            WHERE image.owner_id = %(owner)s AND looked_at IS NULL;
            INSERT INTO generation_look (image_id, owner_id, palette, likeness)
            SELECT id, %(owner)s, '[]', (SELECT array_agg(random() * 0.3 + (due.n + 0 * k) %% 10 * 0.05)
                FROM generate_series(1, %(numbers)s) AS k)::halfvec FROM due;
            INSERT INTO generation_tint (image_id, owner_id, colour, share)
            SELECT id, %(owner)s, (%(colours)s::text[])[1 + (n + k * 3) %% 11], 5 + (n * 7 + k) %% 90
            FROM due, generate_series(0, 1) AS k;
            UPDATE generation_image SET looked_at = now(), words = to_tsvector('english', prompt.text)
            FROM due JOIN generation_prompt AS prompt ON prompt.id = due.prompt_id WHERE due.id = generation_image.id;
            DROP TABLE due
            """,
            params,
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # or no index could be built
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("CREATE INDEX look_likeness ON generation_look USING hnsw (likeness halfvec_l2_ops)")


def analyze() -> None:
    """The planner's statistics, as autovacuum would have them soon."""
    with connection.cursor() as cursor:
        for table in ("image", "job", "prompt", "placement", "look", "tint"):
            cursor.execute(f"ANALYZE generation_{table}")


def put_on_board(board_id: uuid.UUID, owner_id: uuid.UUID) -> None:
    """All of this owner's pictures on the board."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO generation_placement (board_id, image_id, created_at) "
            "SELECT %s, id, created_at FROM generation_image WHERE owner_id = %s ON CONFLICT DO NOTHING",
            [board_id, owner_id],
        )

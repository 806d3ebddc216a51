-- The data dictionary (deploy/analysts/dictionary.md) out of the COMMENTs, one line of Markdown a row:
--   psql -XAt -f deploy/analysts/dictionary.sql hoso > deploy/analysts/dictionary.md
WITH relation AS (
    SELECT c.oid, c.relname, row_number() OVER (ORDER BY c.relname) AS place
    FROM pg_class c WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v'
), line AS (
    SELECT 0 AS place, 0 AS part, 0 AS row, '# Từ điển dữ liệu: schema `analytics`' AS text
    UNION ALL SELECT 0, 0, 1, ''
    UNION ALL SELECT 0, 0, 2, 'Sinh từ các COMMENT bằng `deploy/analysts/dictionary.sql`; đừng sửa tay. Mọi thời điểm là timestamptz, mọi ngày là ngày Việt Nam.'
    UNION ALL
    SELECT place, 1, r.n, r.text FROM relation, LATERAL (VALUES (0, ''), (1, '## ' || relname), (2, ''),
        (3, obj_description(oid, 'pg_class')), (4, ''), (5, '| cột | kiểu | nghĩa |'), (6, '| --- | --- | --- |')) AS r (n, text)
    UNION ALL
    SELECT place, 2, a.attnum, format('| `%s` | %s | %s |', a.attname, replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone',
                                      'timestamptz'), col_description(r.oid, a.attnum))
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 1000, 0, r.n, r.text FROM (VALUES (0, ''), (1, '## Biểu mẫu (hàm)'), (2, ''), (3, '| hàm | nghĩa |'), (4, '| --- | --- |')) AS r (n, text)
    UNION ALL
    SELECT 1000, 1, row_number() OVER (ORDER BY p.proname)::int, format('| `%s(%s)` | %s |', p.proname, pg_get_function_identity_arguments(p.oid),
                                                                        obj_description(p.oid, 'pg_proc'))
    FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NOT NULL
)
SELECT text FROM line ORDER BY place, part, row;

import type { FindingText } from '../finding-text';

/** 预检查中最常见的发现，按代码给出中文说明；其中的名称与数字见服务端的原文。 */
export const findings: Record<string, FindingText> = {
  DATABASE_WAL_LEVEL: {
    message: '服务器的 wal_level 不是 logical，无法读取增量变更。',
    hint: '设为 logical 并重启服务器（托管服务中是一个参数）；或用 --snapshot-only 只迁移一份快照。',
  },
  DATABASE_STANDBY: { message: '该服务器是只读备库，不能建立发布与复制槽，也不能冻结。', hint: '请登记其主库，或将它提升为主库。' },
  DATABASE_SLOTS_USED_UP: { message: '空闲的复制槽不足。', hint: '删除无人使用的复制槽，或调大 max_replication_slots 并重启服务器。' },
  DATABASE_SENDERS_USED_UP: { message: '空闲的 WAL 发送进程不足。', hint: '调大 max_wal_senders 并重启服务器。' },
  DATABASE_REPLICATION_DENIED: {
    message: '该角色没有 REPLICATION 属性，无法读取变更。',
    hint: '请管理员授予；在 Amazon RDS 上授予 rds_replication。',
  },
  DATABASE_REPLICATION_REFUSED: { message: '复制连接被拒绝。', hint: '在 pg_hba.conf 中放行此地址，并直接连接服务器而非连接池。' },
  DATABASE_SLOT_KEEP_SMALL: {
    message: '服务器为复制槽保留的日志很少（max_slot_wal_keep_size），落后过多时迁移须重新开始。',
    hint: '请调大；迁移自身另有上限（--max-retained-wal）。',
  },
  DATABASE_TABLE_WITHOUT_KEY: {
    message: '部分表没有主键，也没有其他副本标识：发布之后，服务器会拒绝对它们的更新与删除。',
    hint: '添加主键；或设置 REPLICA IDENTITY（没有唯一索引时以整行标识，日志更多、应用较慢）；或用 --exclude-table 排除。',
  },
  DATABASE_TABLE_IDENTITY_FULL: { message: '部分表以整行标识，没有索引时应用变更较慢。', hint: '可能的话添加主键。' },
  DATABASE_TABLE_UNLOGGED: {
    message: '部分表为 UNLOGGED，其变更不进入日志，拷贝之后的写入会丢失。',
    hint: '改为 LOGGED（会加锁重写），或用 --exclude-table 排除，或用 --snapshot-only。',
  },
  DATABASE_READ_DENIED: { message: '该角色无权读取部分表。', hint: '由表的属主或管理员授予 SELECT。' },
  DATABASE_SEQUENCE_READ_DENIED: { message: '该角色无权读取部分序列。', hint: '由序列的属主或管理员授予 SELECT。' },
  DATABASE_LOCK_DENIED: { message: '该角色无权锁定部分表：割接时只能观察、不能证明没有写入。', hint: '由表的属主或管理员授予 UPDATE。' },
  DATABASE_PUBLICATION_DENIED: { message: '该角色不是部分表的属主，不能发布其变更。', hint: '把属主角色授予它，或用 --snapshot-only。' },
  DATABASE_ROW_SECURITY: { message: '行级安全策略对该角色隐藏了部分行，它们会在目标端缺失。', hint: '由管理员授予 BYPASSRLS。' },
  DATABASE_FREEZE_NOT_OWNER: {
    message: '该角色不是数据库的属主：割接时不能让新会话只读或阻止其连接，只能锁表。',
    hint: '把属主角色授予它，或让它成为属主。',
  },
  DATABASE_CREATE_DENIED: { message: '该角色无权在目标端创建对象。', hint: '由属主或管理员授予 CREATE。' },
  DATABASE_TRIGGERS_FIRE: {
    message: '该角色不能设置 session_replication_role：目标端的触发器与外键会像应用写入那样生效。',
    hint: '由管理员授予该参数的 SET 权限，或使用管理员角色。',
  },
  DATABASE_TARGET_NOT_EMPTY: { message: '目标端已有表。', hint: '使用空数据库，或用 --if-exists append / replace 说明如何处理。' },
  DATABASE_TARGET_READ_ONLY: { message: '目标端是只读备库。', hint: '请登记其主库，或将它提升为主库。' },
  DATABASE_EXTENSION_MISSING: { message: '目标服务器没有源端所用的扩展。', hint: '在目标机器上安装其软件包，或在托管服务中启用。' },
  DATABASE_ENCODING: {
    message: '两端的字符编码不同或不明。',
    hint: '以 ENCODING UTF8 与 TEMPLATE template0 重建目标数据库；SQL_ASCII 请先转换。',
  },
  DATABASE_LOCALE_DIFFERS: {
    message: '两端默认的排序规则不同。',
    hint: '结果的顺序可能不同；若有影响，请以源端的区域设置创建目标数据库。',
  },
  DATABASE_COLLATION_VERSION: {
    message: '数据库的排序规则版本与系统不符，文本索引可能遗漏行。',
    hint: '重建文本上的索引，然后登记新版本。',
  },
  DATABASE_COPY_YIELDED: {
    message: '拷贝会久于源端可保留日志的时间，因此先开始增量同步，其余的表同时拷贝。',
    hint: '无须处理。调大 --max-retained-wal、减少源端写入或同时拷贝更多的表，可一次拷完。',
  },
  DATABASE_VERSION_TOO_OLD: { message: 'PostgreSQL 版本过低，最低支持 12。', hint: '请先升级，例如用 pg_upgrade。' },
  DATABASE_VERSION_DOWNGRADE: { message: '目标端的版本低于源端。', hint: '请使用不低于源端版本的目标端。' },
  DATABASE_POOLER: { message: '与服务器之间隔着连接池（如 pgBouncer）。', hint: '请登记服务器自身的地址与端口。' },
  DATABASE_SAME_ENDPOINTS: { message: '源端与目标端是同一个数据库。', hint: '请选择另一个目标端。' },
  DATABASE_CONNECTIONS_FEW: { message: '空闲连接不足。', hint: '减小 --jobs，结束空闲会话，或调大 max_connections（需重启）。' },
  DATABASE_LOCKS_FEW: { message: '服务器的锁容量可能不足。', hint: '调大 max_locks_per_transaction 并重启服务器。' },
  DATABASE_TRANSACTION_OLD: { message: '有事务打开已久，复制槽须等它结束才能建立。', hint: '等待其结束，或结束其会话。' },
  DATABASE_SETTINGS: {
    message: '源数据库有自己的参数设置（ALTER DATABASE … SET），不会随之迁移。',
    hint: '在目标端设置应用所需的那些：smartant migration fix … --finding DATABASE_SETTINGS --include-unsafe',
  },
  DATABASE_SCOPE_EMPTY: { message: '迁移范围内没有表。', hint: '检查过滤条件；名称按目录中的写法匹配，形如 "schema.table"。' },
  DATABASE_FILTER_UNMATCHED: {
    message: '有过滤条件或改名在源端不匹配任何对象。',
    hint: '名称区分大小写，表写作 "schema.table"；请更正或去掉。',
  },
  DATABASE_TABLESPACE_UNMAPPED: {
    message: '部分表或索引位于源端的某个表空间，迁移范围没有说明其去处：在目标端将建在默认表空间。',
    hint: '空间足够时可保持不变；或用 --tablespace 源端名称=目标端名称 指定。',
  },
  DATABASE_TABLESPACE_MISSING: {
    message: '目标服务器没有所指定的表空间。',
    hint: '改用已有的表空间；或在目标端用 CREATE TABLESPACE … LOCATION … 创建；或去掉该映射。',
  },
  DATABASE_TABLESPACE_DENIED: {
    message: '该角色无权在目标端的表空间中创建表。',
    hint: '由表空间的属主或管理员授予其 CREATE；或改用其他表空间。',
  },
  DATABASE_COLUMN_UNKNOWN: {
    message: '迁移范围提到的表或列在源端不存在；若是笔误，该列会原样迁移。',
    hint: '按目录中的写法（区分大小写）更正，或去掉。',
  },
  DATABASE_COLUMN_TABLE_UNFIT: {
    message: '该表的列不能排除或改名：它是分区、外部表、类型化表、继承关系中的表，或其行是其他列的值。',
    hint: '分区请写其根表；其他情况请原样迁移这些列，或排除该表。',
  },
  DATABASE_COLUMN_NEEDED: {
    message: '要排除的列仍被迁移的对象使用（主键、副本标识、分区键、索引、约束、外键、视图、生成列、策略、触发器等）。',
    hint: '迁移该列；或一并排除使用它的对象（视图用 --exclude-table）；或在源端删除该对象。',
  },
  DATABASE_COLUMN_TAKES_ALONG: {
    message: '只由被排除的列构成的索引、约束或统计对象也不会建在目标端。',
    hint: '无须处理；若目标端的应用依赖它们，请迁移该列。',
  },
  DATABASE_COLUMN_NAME_TAKEN: {
    message: '列的新名称不可用：与已有列、系统列或另一列的新名称相同，或过长。',
    hint: '换一个名称；或为占用该名称的列改名，或将其排除。',
  },
  DATABASE_COLUMN_JOINED: {
    message: '有视图或规则按被改名的列的名称连接（USING、NATURAL JOIN），其定义无法比对。',
    hint: '在源端改写为 ON；或用 --exclude-table 排除视图；或保留列名。',
  },
  DATABASE_COLUMN_WAY_BACK: {
    message: '被排除的列为 NOT NULL 且没有默认值，或参与标识行：割接后目标端写入的行无法回到源端。',
    hint: '在源端设置默认值或添加主键；或迁移该列；或用 --no-reverse 放弃回退。',
  },
  DATABASE_ROW_FILTER: { message: '行条件不可用。', hint: '按 WHERE 之后的写法，只用本表的列，不带分号。' },
  DATABASE_ROW_FILTER_UNSUPPORTED: {
    message: '源端低于 PostgreSQL 15，增量期间不能按条件选行。',
    hint: '迁移整张表，或用 --snapshot-only。',
  },
  DATABASE_ROW_FILTER_IDENTITY: {
    message: '行条件用到副本标识之外的列：发布之后，服务器会拒绝更新与删除。',
    hint: '只用主键列，或以整行为副本标识，或用 --snapshot-only。',
  },
  DATABASE_ROW_FILTER_UNTOLD: {
    message: '更新可能把行带入条件，而源端不会给出未改动的大字段：增量期间该表会被搁置并需重新复制。',
    hint: '条件所用的列从不更新时可不理会；否则以整行为副本标识（REPLICA IDENTITY FULL）。',
  },
  DATABASE_CREDENTIALS_INVALID: {
    message: '登录被拒绝：角色或密码不对。',
    hint: '检查角色、密码与 pg_hba.conf；用 smartant endpoint update 更换密码。',
  },
  DATABASE_NOT_FOUND: { message: '没有这个数据库。', hint: '检查名称，或先创建。' },
  DATABASE_UNREACHABLE: { message: '无法连接数据库。', hint: '检查服务器是否运行、地址与端口、防火墙以及途经的代理或跳板。' },
  POSTGRES_TOOLS_MISSING: { message: '迁移服务所在机器缺少足够新的 pg_dump。', hint: '安装与源端同版本或更新的 PostgreSQL 客户端工具。' },
};

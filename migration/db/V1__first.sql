-- The first schema. Runs on H2 and on PostgreSQL; later versions only add, so that an old and a new WAR can share it.

create sequence message_ids start with 1 increment by 100;
create sequence conversation_ids start with 1 increment by 1;

-- One row. The epoch names the log that seq counts in; whoever restores a backup writes a new one (see the runbook).
create table chat_log (
  id    integer     not null primary key,
  epoch varchar(64) not null
);

create table shop (
  id         varchar(64)   not null primary key,
  name       varchar(200)  not null,
  origins    varchar(4000) not null,
  created_at timestamp(3) with time zone not null
);

create table conversation (
  id           bigint       not null primary key,
  shop_id      varchar(64)  not null,
  visitor_id   varchar(64)  not null,
  visitor_name varchar(200),
  agent_id     varchar(64),
  subject      varchar(400),
  status       varchar(10)  not null,
  -- shop and visitor while this is the visitor's open conversation: two requests at once cannot open two.
  open_key     varchar(140),
  head         bigint       not null,
  created_at   timestamp(3) with time zone not null,
  updated_at   timestamp(3) with time zone not null,
  constraint conversation_open unique (open_key)
);
create index conversation_by_shop on conversation (shop_id, status, updated_at);
create index conversation_by_visitor on conversation (shop_id, visitor_id, status);

create table message (
  id              bigint        not null primary key,
  conversation_id bigint        not null references conversation (id),
  seq             bigint        not null,
  sender_id       varchar(64)   not null,
  sender_role     varchar(10)   not null,
  sender_name     varchar(200),
  content         varchar(4096) not null,
  message_type    varchar(32)   not null,
  reply_to        bigint,
  client_msg_id   varchar(64),
  created_at      timestamp(3) with time zone not null,
  constraint message_seq unique (conversation_id, seq),
  constraint message_sent_once unique (conversation_id, sender_id, client_msg_id)
);

-- How far a member has got; client_id is '' for a reader that named none. Marks never go back.
create table receipt (
  conversation_id bigint      not null references conversation (id),
  user_id         varchar(64) not null,
  client_id       varchar(64) not null,
  delivered_seq   bigint      not null,
  read_seq        bigint      not null,
  updated_at      timestamp(3) with time zone not null,
  primary key (conversation_id, user_id, client_id)
);

create table device (
  shop_id   varchar(64) not null,
  user_id   varchar(64) not null,
  client_id varchar(64) not null,
  name      varchar(200),
  type      varchar(64),
  platform  varchar(64),
  last_seen timestamp(3) with time zone not null,
  primary key (shop_id, user_id, client_id)
);

-- One-use passes for the WebSocket handshake; any node may redeem what another gave out.
create table ticket (
  id         varchar(64)  not null primary key,
  token      varchar(8000) not null,
  expires_at timestamp(3) with time zone not null
);

create table toggle (
  feature    varchar(64)    not null primary key,
  enabled    boolean        not null,
  strategy   varchar(64),
  parameters varchar(60000) not null,
  revision   bigint         not null
);

-- Append-only; each entry's hash covers the one before.
create table audit (
  seq        bigint         not null primary key,
  at         timestamp(3) with time zone not null,
  actor      varchar(64)    not null,
  action     varchar(32)    not null,
  from_state varchar(60000),
  to_state   varchar(60000),
  reason     varchar(1000),
  refused    varchar(200),
  prev_hash  varchar(64)    not null,
  hash       varchar(64)    not null
);

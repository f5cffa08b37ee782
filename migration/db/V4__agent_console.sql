-- What agents write to each other about a conversation. A table of its own: no query for messages can ever read a note.
create sequence note_ids start with 1 increment by 1;
create table note (
  id              bigint        not null primary key,
  conversation_id bigint        not null references conversation (id),
  author          varchar(64)   not null,
  text            varchar(4096) not null,
  created_at      timestamp(3) with time zone not null
);
create index note_by_conversation on note (conversation_id, id);

-- Replies that a shop's agents put in by a short name.
create table canned_reply (
  shop_id  varchar(64)   not null references shop (id),
  shortcut varchar(32)   not null,
  text     varchar(4096) not null,
  primary key (shop_id, shortcut)
);

-- The address of the page that the visitor said last.
alter table conversation add column page varchar(2000);

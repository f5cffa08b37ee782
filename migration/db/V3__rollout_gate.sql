-- What a change of the rollout was decided on; part of the entry's hash where it is there.
alter table audit add column evidence varchar(60000);

-- What each node has seen since the line moved, and how full it is: one row for each start of a node, renewed every few seconds.
create table rollout_node (
  node       varchar(64)    not null primary key,
  at         timestamp(3) with time zone not null,
  report     varchar(1000000) not null
);

package dev.crossfade.rollout.toggle;

/** What JMX shows: {@code dev.crossfade:type=LocalKill}. It acts within a second. */
public interface LocalKillMXBean {

  /** Whether this node serves no WebSocket, by whatever means. */
  boolean isKilled();

  /** The file that would kill this node; tells one copy in a Tomcat from another. */
  String getFile();

  /** Sets or lifts the kill by JMX; a file or a system property stays in force. */
  void setKilled(boolean killed);
}

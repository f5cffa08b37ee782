package dev.crossfade.rollout.toggle;

/** The MXBean {@code dev.crossfade:type=LocalKill}. A change takes effect within a second. */
public interface LocalKillMXBean {

  /** Whether this node is killed, by any of the three ways. */
  boolean isKilled();

  /** The file that kills this node; distinguishes copies within one Tomcat. */
  String getFile();

  /** Sets or lifts the kill by JMX; a file or system property stays in force. */
  void setKilled(boolean killed);
}

# Goes to bin/setenv.sh; catalina.sh reads it. Debian's tomcat10 takes the same options in /etc/default/tomcat10.

# 20,000 held polls (maxConnections in server.xml) take 1.5 GB of heap at the 77 KB each that we measured;
# the same clients on WebSocket take 0.3 GB.
CATALINA_OPTS="$CATALINA_OPTS -Xms512m -Xmx2g"

# Tomcat's buffers of a socket start at 8 KB each; chat frames are small.
CATALINA_OPTS="$CATALINA_OPTS -Dorg.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE=1024"

# A node without memory neither serves nor drains: end it, and let its clients go to the next one.
CATALINA_OPTS="$CATALINA_OPTS -XX:+ExitOnOutOfMemoryError"

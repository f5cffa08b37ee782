package dev.crossfade.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * The network that an address belongs to, so that one machine with many addresses is one source.
 * Pure; never asks a name server.
 */
public final class Network {

  private static final Pattern LITERAL =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%.*)?");

  private Network() {}

  /**
   * The first bits of an IPv4 or IPv6 address, as text; what is no address is returned as it is.
   *
   * @param v4 number of bits that name an IPv4 network, a multiple of 8; {@code v6} the same
   */
  public static String of(String address, int v4, int v6) {
    byte[] bytes = bytes(address);
    if (bytes == null) {
      return address;
    }
    int bits = bytes.length == 4 ? v4 : v6;
    Arrays.fill(bytes, bits / Byte.SIZE, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes).getHostAddress() + "/" + bits;
    } catch (UnknownHostException wrongLength) {
      return address;
    }
  }

  /**
   * Whom limits by address count as one: an IPv4 address, or the /64 of IPv6 that one line has.
   * What is no address is returned as it is.
   */
  public static String source(String address) {
    if (address == null || address.indexOf(':') < 0) {
      return address;
    }
    String network = of(address, 32, 64);
    int bits = network.indexOf('/');
    return bits < 0 ? network : network.substring(0, bits);
  }

  /** Whether it is loopback, link-local, or of a private network (RFC 1918, RFC 4193). */
  public static boolean isPrivate(String address) {
    byte[] bytes = bytes(address);
    if (bytes == null) {
      return false;
    }
    try {
      InetAddress parsed = InetAddress.getByAddress(bytes);
      return parsed.isLoopbackAddress()
          || parsed.isSiteLocalAddress()
          || parsed.isLinkLocalAddress()
          || bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    } catch (UnknownHostException wrongLength) {
      return false;
    }
  }

  /** Null for what is no literal address: a name must not be looked up. */
  private static byte[] bytes(String address) {
    if (address == null || !LITERAL.matcher(address).matches()) {
      return null;
    }
    try {
      return InetAddress.getByName(address.replaceAll("%.*", "")).getAddress();
    } catch (UnknownHostException noAddress) {
      return null;
    }
  }
}

package dev.crossfade.rollout.rule;

import java.nio.charset.StandardCharsets;
import org.apache.commons.codec.digest.MurmurHash3;

/** Assigns an id to one of 10,000 buckets, always the same for the same salt. */
public final class Buckets {

  public static final int COUNT = 10_000;

  private Buckets() {}

  /**
   * MurmurHash3 x86 32 of salt, colon and id in UTF-8 with seed 0, unsigned, modulo 10,000. Unlike
   * String.hashCode it is not linear, so consecutive ids are spread evenly and two salts give
   * independent buckets.
   */
  public static int bucket(String salt, String id) {
    byte[] bytes = (salt + ":" + id).getBytes(StandardCharsets.UTF_8);
    int hash = MurmurHash3.hash32x86(bytes, 0, bytes.length, 0);
    return (int) (Integer.toUnsignedLong(hash) % COUNT);
  }
}

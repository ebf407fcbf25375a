// SPDX-License-Identifier: GPL-2.0
/**
 * A heap with live objects (200,000 of 1 kB in a table), of which the first 32,000 are read and written at random, and
 * garbage besides: the collector goes through the young generation again and again. Ends after so many seconds.
 */
public class Garbage {
	private static final int LIVE = 200_000;
	private static final int HOT = 32_000;
	private static final int OBJECT_BYTES = 1000;
	private static final int GARBAGE_BYTES = 512;
	private static final int KEPT = 64;

	private long random = 88172645463325252L;

	private long next() {
		random ^= random << 13;
		random ^= random >>> 7;
		random ^= random << 17;
		return random;
	}

	private int below(int bound) {
		return (int) ((next() >>> 1) % bound);
	}

	/** Touches so many objects, and throws one away with each 32nd. */
	private void work(byte[][] live, byte[][] kept, int count) {
		for (int i = 0; i < count; i++) {
			byte[] object = live[below(HOT)];
			object[below(OBJECT_BYTES)]++;
			if (i % 32 == 0)
				kept[below(KEPT)] = new byte[GARBAGE_BYTES];
		}
	}

	public static void main(String[] arguments) {
		long end = System.nanoTime() + Long.parseLong(arguments[0]) * 1_000_000_000L;
		byte[][] live = new byte[LIVE][];
		byte[][] kept = new byte[KEPT][];
		Garbage garbage = new Garbage();

		for (int i = 0; i < LIVE; i++)
			live[i] = new byte[OBJECT_BYTES];
		System.out.println("filled");
		while (System.nanoTime() < end)
			garbage.work(live, kept, 5000);
	}
}

/**
 * What three of a kind pay, and how often a reel shows each symbol: the game engine's own model, which a test compares.
 */
export const REELS = 3

/** Best first. `weight`: stops of each reel that show it; `multiplier`: stakes that three of them pay. */
export const SYMBOLS = Object.freeze([
  { name: 'diamond', label: 'Diamond', plural: 'diamonds', weight: 1, multiplier: 600 },
  { name: 'seven', label: 'Seven', plural: 'sevens', weight: 2, multiplier: 100 },
  { name: 'bell', label: 'Bell', plural: 'bells', weight: 3, multiplier: 40 },
  { name: 'lemon', label: 'Lemon', plural: 'lemons', weight: 6, multiplier: 10 },
  { name: 'cherry', label: 'Cherry', plural: 'cherries', weight: 8, multiplier: 5 }
])

export const STOPS = SYMBOLS.reduce((sum, { weight }) => sum + weight, 0)

/** The share of all stakes that comes back in the long run; exact, because the sum is of integers. */
export const RETURN_TO_PLAYER =
  SYMBOLS.reduce((sum, { weight, multiplier }) => sum + weight ** REELS * multiplier, 0) / STOPS ** REELS

/** @param {string} name */
export const symbolOf = name => SYMBOLS.find(symbol => symbol.name === name)

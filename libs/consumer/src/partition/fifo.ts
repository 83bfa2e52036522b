/** A queue, first in first out, whose `shift` costs the same however long it is: an array's goes by its length. */
export class Fifo<T> {
  private items: T[] = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(item: T): void {
    this.items.push(item)
  }

  shift(): T | undefined {
    const item = this.items[this.head]
    if (item === undefined) return undefined
    this.head += 1
    // Taken ones are dropped when they are the half of it, so that each is moved once on average.
    if (this.head > 1_024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  first(): T | undefined {
    return this.items[this.head]
  }
}

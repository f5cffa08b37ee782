package dev.crossfade.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import java.time.Instant;

@Entity
@Table(name = "note")
class NoteRow {

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "note_ids")
  @SequenceGenerator(name = "note_ids", sequenceName = "note_ids", allocationSize = 1)
  Long id;

  @Column(name = "conversation_id")
  long conversationId;

  String author;
  String text;

  @Column(name = "created_at")
  Instant createdAt;

  NoteStore.Note note() {
    return new NoteStore.Note(id, conversationId, author, text, createdAt);
  }
}

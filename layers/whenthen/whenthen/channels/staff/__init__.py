"""Tell colleagues something: by a notice in their application, by e-mail, or in a room of Slack or Teams."""

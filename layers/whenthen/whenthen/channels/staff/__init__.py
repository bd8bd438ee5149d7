"""Tell colleagues something: by a notice in their application, or by e-mail."""
